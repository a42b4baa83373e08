# The targets around the program: tests, lint, packages, install. Included by the Makefile.

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' Makefile tests/tests.mk | sed 's/:.*## /\t/' | expand -t 16

.PHONY: unit-programs
unit-programs: $(UNIT_TESTS)
