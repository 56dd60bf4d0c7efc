#pragma once
// For tests: the state of the driver's library that fake_nvml.c is. C and C++.

#ifdef __cplusplus
extern "C" {
#endif

enum { kFakeGpus = 4 };

// The symbol `fake_nvml` of the library. Results are return codes of NVML: 0 is success, 3 "not supported".
struct FakeNvml {
  unsigned init_result;
  unsigned gpus;                            // at most kFakeGpus
  unsigned energy_result[kFakeGpus];        // of each GPU
  unsigned long long energy_mj[kFakeGpus];  // where step_ms is 0
  unsigned step_ms;                         // else the counter moves by itself, this often, at 100 W
  unsigned instant_result;
  unsigned mean_result;
  unsigned instant_mw[kFakeGpus];
  unsigned mean_mw[kFakeGpus];
  int started;  // nvmlInit less nvmlShutdown
};

#ifdef __cplusplus
}
#endif
