// For tests: a library that a driver might have, with the few functions of NVML that are used.
#include "probe/energy/fake_nvml.h"

#include <stdint.h>
#include <stdio.h>
#include <time.h>

// As the public documentation gives nvmlFieldValue_t; apart from nvml_driver.h, so that a slip there shows.
struct FieldValue {
  unsigned fieldId;
  unsigned scopeId;
  long long timestamp;
  long long latencyUsec;
  int valueType;
  int nvmlReturn;
  union {
    double dVal;
    unsigned uiVal;
    unsigned long ulVal;
    unsigned long long ullVal;
    signed long long sllVal;
  } value;
};

struct FakeNvml fake_nvml;

static unsigned IndexOf(const void* device) { return (unsigned)((uintptr_t)device - 1); }

unsigned nvmlInit_v2(void) {
  if (fake_nvml.init_result == 0) ++fake_nvml.started;
  return fake_nvml.init_result;
}

unsigned nvmlShutdown(void) {
  --fake_nvml.started;
  return 0;
}

const char* nvmlErrorString(unsigned code) {
  switch (code) {
    case 3: return "Not Supported";
    case 9: return "Driver Not Loaded";
    case 15: return "GPU is lost";
    case 18: return "Driver/library version mismatch";
    default: return "Unknown Error";
  }
}

unsigned nvmlDeviceGetCount_v2(unsigned* count) {
  *count = fake_nvml.gpus;
  return 0;
}

unsigned nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = (void*)(uintptr_t)(index + 1);
  return index < kFakeGpus ? 0 : 2;
}

unsigned nvmlDeviceGetName(void* device, char* name, unsigned length) {
  snprintf(name, length, "Fake %u\n", IndexOf(device));
  return 0;
}

unsigned nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* energy) {
  const unsigned index = IndexOf(device);
  if (fake_nvml.step_ms == 0) {
    *energy = fake_nvml.energy_mj[index];
  } else {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const unsigned long long ms = (unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000;
    *energy = ms / fake_nvml.step_ms * fake_nvml.step_ms * 100;
  }
  return fake_nvml.energy_result[index];
}

unsigned nvmlDeviceGetPowerUsage(void* device, unsigned* power) {
  *power = fake_nvml.mean_mw[IndexOf(device)];
  return fake_nvml.mean_result;
}

unsigned nvmlDeviceGetFieldValues(void* device, int count, struct FieldValue* values) {
  if (count != 1 || values->fieldId != 186 || values->scopeId != 0) return 2;
  values->nvmlReturn = (int)fake_nvml.instant_result;
  values->valueType = 1;
  values->value.uiVal = fake_nvml.instant_mw[IndexOf(device)];
  return 0;
}
