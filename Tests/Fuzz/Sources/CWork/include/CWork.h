#include <stddef.h>
#include <stdint.h>

/// Begins to count what is on the heap.
void work_begin(void);

/// Basic blocks that ran, and octets that were searched, compared or copied, since the program began.
uint64_t work_blocks(void);
uint64_t work_octets(void);

/// Octets on the heap that were allocated since `work_begin` and not freed.
int64_t work_heap(void);

/// libFuzzer, as a function.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *bytes, size_t count));
