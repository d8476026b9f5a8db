/* glibc's malloc_trim, which its Swift module leaves out. */
#if defined(__linux__)
#include <malloc.h>
#endif
