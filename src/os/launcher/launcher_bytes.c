#include "launcher_bytes.h"

// By the assembler, which every compiler that we are built with brings along, also for another machine.
__asm__(
    ".section .rodata\n"
    ".balign 16\n"
    ".global inferometer_launcher_begin\n"
    "inferometer_launcher_begin:\n"
    ".incbin \"" INFEROMETER_LAUNCHER
    "\"\n"
    ".global inferometer_launcher_end\n"
    "inferometer_launcher_end:\n"
    ".byte 0\n"
    ".text\n");
