#pragma once
// Whether this is compiled with the thread sanitizer, which GCC and clang say each in their own way.

#ifdef __SANITIZE_THREAD__
#define INFEROMETER_SANITIZES_THREADS
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define INFEROMETER_SANITIZES_THREADS
#endif
#endif
