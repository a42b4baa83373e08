/*
 * machine: what the loader needs of x86-64 and arm64: system calls, where it begins, and
 * how it ends.
 */
#ifndef BUILDER_SANDBOX_TRAP_LOADER_MACHINE_H
#define BUILDER_SANDBOX_TRAP_LOADER_MACHINE_H

#include <elf.h>
#include <stdint.h>

/* Where the program begins. */
struct start {
	uint64_t stack, entry;
};

#ifdef __aarch64__

#define MACHINE EM_AARCH64

static inline int64_t
call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	register uint64_t x8 __asm__("x8") = (uint64_t)number;
	register uint64_t x0 __asm__("x0") = a;
	register uint64_t x1 __asm__("x1") = b;
	register uint64_t x2 __asm__("x2") = c;
	register uint64_t x3 __asm__("x3") = d;
	register uint64_t x4 __asm__("x4") = e;
	register uint64_t x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
	                 : "+r"(x0)
	                 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
	                 : "memory", "cc");
	return (int64_t)x0;
}

/* loader_main(the kernel's stack) runs on a stack of its own. Its result is in x0, x1. */
#define BEGINNING                                                                        \
	__asm__(".text\n"                                                                \
	        ".global _start\n"                                                       \
	        ".type _start, %function\n"                                              \
	        "_start:\n"                                                              \
	        "mov x0, sp\n"                                                           \
	        "adrp x1, own_stack_end\n"                                               \
	        "add x1, x1, :lo12:own_stack_end\n"                                      \
	        "mov sp, x1\n"                                                           \
	        "mov x29, xzr\n"                                                         \
	        "mov x30, xzr\n"                                                         \
	        "bl loader_main\n"                                                       \
	        "mov sp, x0\n"                                                           \
	        "mov x16, x1\n"                                                          \
	        "mov x0, xzr\n mov x1, xzr\n mov x2, xzr\n mov x3, xzr\n"                \
	        "mov x4, xzr\n mov x5, xzr\n mov x6, xzr\n mov x7, xzr\n"                \
	        "mov x8, xzr\n mov x29, xzr\n mov x30, xzr\n"                            \
	        "br x16\n")

#else

#define MACHINE EM_X86_64

static inline int64_t
call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	register uint64_t r9 __asm__("r9") = f;
	int64_t value = number;

	__asm__ volatile("syscall"
	                 : "+a"(value)
	                 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
	                 : "rcx", "r11", "memory", "cc");
	return value;
}

/* loader_main(the kernel's stack) runs on a stack of its own. Its result is in rax, rdx.
 * The program's registers are zero, as the kernel leaves them. */
#define BEGINNING                                                                        \
	__asm__(".text\n"                                                                \
	        ".global _start\n"                                                       \
	        ".type _start, @function\n"                                              \
	        "_start:\n"                                                              \
	        "mov %rsp, %rdi\n"                                                       \
	        "lea own_stack_end(%rip), %rsp\n"                                        \
	        "xor %ebp, %ebp\n"                                                       \
	        "call loader_main\n"                                                     \
	        "mov %rax, %rsp\n"                                                       \
	        "mov %rdx, -8(%rsp)\n"                                                   \
	        "xor %eax, %eax\n xor %ebx, %ebx\n xor %ecx, %ecx\n"                     \
	        "xor %edx, %edx\n xor %esi, %esi\n xor %edi, %edi\n"                     \
	        "xor %ebp, %ebp\n xor %r8d, %r8d\n xor %r9d, %r9d\n"                     \
	        "xor %r10d, %r10d\n xor %r11d, %r11d\n xor %r12d, %r12d\n"               \
	        "xor %r13d, %r13d\n xor %r14d, %r14d\n xor %r15d, %r15d\n"               \
	        "cld\n"                                                                  \
	        "jmp *-8(%rsp)\n")

#endif

#endif
