#include "CWork.h"

static uint64_t blocks;
static uint64_t octets;

uint64_t work_blocks(void) { return blocks; }
uint64_t work_octets(void) { return octets; }

// Of AddressSanitizer. Most of its time would go into remembering where each block was allocated.
const char *__asan_default_options(void) {
    return "malloc_context_size=0:quarantine_size_mb=1:detect_stack_use_after_return=0";
}
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void *, size_t), void (*)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *);

static int64_t heap;

static void allocated(const volatile void *block, size_t size) { heap += (int64_t)size; }
static void freed(const volatile void *block) { heap -= block ? (int64_t)__sanitizer_get_allocated_size(block) : 0; }

void work_begin(void) { __sanitizer_install_malloc_and_free_hooks(allocated, freed); }
int64_t work_heap(void) { return heap; }

// The linker puts these in the place of the functions whose names they have behind `__wrap_`.

void __wrap___sanitizer_cov_trace_pc(void) { blocks++; }

void *__real_memchr(const void *, int, size_t);
void *__wrap_memchr(const void *text, int byte, size_t count) {
    const void *found = __real_memchr(text, byte, count);
    octets += found ? (size_t)((const char *)found - (const char *)text) : count;
    return (void *)found;
}

int __real_memcmp(const void *, const void *, size_t);
int __wrap_memcmp(const void *left, const void *right, size_t count) {
    octets += count;
    return __real_memcmp(left, right, count);
}

void *__real_memcpy(void *, const void *, size_t);
void *__wrap_memcpy(void *to, const void *from, size_t count) {
    octets += count;
    return __real_memcpy(to, from, count);
}

void *__real_memmove(void *, const void *, size_t);
void *__wrap_memmove(void *to, const void *from, size_t count) {
    octets += count;
    return __real_memmove(to, from, count);
}
