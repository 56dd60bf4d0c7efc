#pragma once
// The launcher (launch.c), a whole static program, inside this one. C and C++.

#ifdef __cplusplus
extern "C" {
#endif
extern const unsigned char inferometer_launcher_begin[];
extern const unsigned char inferometer_launcher_end[];  // one past the last
#ifdef __cplusplus
}
#endif
