/* What a program with its libraries inside does otherwise: nothing is loaded. Users and
 * hosts are looked up in files and by DNS, which are part of the C library; anything else
 * that nsswitch.conf names would be loaded, and may fit another C library only. */
#include <nss.h>

#include "base/http/curl_lazy.h"
#include "base/library.h"

const char *
library_package(const char *name)
{
	return name;
}

void *
library_load(const char *name, struct error *err)
{
	static char part_of_the_program;

	(void)name;
	(void)err;
	return &part_of_the_program;
}

int
curl_lazy_load(struct error *err)
{
	(void)err;
	return 0;
}

__attribute__((constructor)) static void
look_up_without_plugins(void)
{
	__nss_configure_lookup("hosts", "files dns");
	__nss_configure_lookup("passwd", "files");
	__nss_configure_lookup("group", "files");
}
