#include "builder/sandbox/trap/loader_bytes.h"

/* The assembler finds the file among its folders (-Wa,-I). */
__asm__(".section .rodata\n"
        ".global loader_bytes\n"
        ".balign 16\n"
        "loader_bytes:\n"
        ".incbin \"trap_loader\"\n"
        "loader_bytes_end:\n"
        ".balign 8\n"
        ".global loader_bytes_size\n"
        "loader_bytes_size:\n"
        ".quad loader_bytes_end - loader_bytes\n"
        ".previous\n");
