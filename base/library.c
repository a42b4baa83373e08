#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

const char *
library_package(const char *name)
{
	return strcmp(name, LIBRARY_CURL) == 0 ? "libcurl4" : "libarchive13";
}

void *
library_load(const char *name, struct error *err)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);

	if (library != NULL)
		return library;
	error_set(err, ERR_ENVIRONMENT, "cannot load a library: %s", dlerror());
	error_hint(err, "apt-get install %s", library_package(name));
	return NULL;
}
