# A command with a spelling mistake.
cooper biuld .
