#include "base/http/host.h"

#include "base/mem.h"

char *
host_url(const struct host *host)
{
	return mem_print("%s://%s", host->scheme == HOST_HTTP ? "http" : "https",
	                 host->address);
}
