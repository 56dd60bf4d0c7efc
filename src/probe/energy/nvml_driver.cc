#include "probe/energy/nvml_driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/units.h"

namespace inferometer::probe {
namespace {

// nvmlReturn_t
constexpr unsigned kSuccess = 0;
constexpr unsigned kNotSupported = 3;
constexpr unsigned kDriverNotLoaded = 9;
constexpr unsigned kFunctionNotFound = 13;

constexpr unsigned kMostGpus = 64;

Code CodeOf(unsigned code) {
  const bool has_none = code == kNotSupported || code == kDriverNotLoaded || code == kFunctionNotFound;
  return has_none ? Code::kNotFound : Code::kUnavailable;
}

std::string Printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

NvmlDriver::NvmlDriver(os::SharedLibrary library) : library_(std::move(library)) {
  library_.Find("nvmlInit_v2", calls_.init);
  library_.Find("nvmlShutdown", calls_.shutdown);
  library_.Find("nvmlDeviceGetCount_v2", calls_.count);
  library_.Find("nvmlDeviceGetHandleByIndex_v2", calls_.handle);
  library_.Find("nvmlDeviceGetName", calls_.name);
  library_.Find("nvmlErrorString", calls_.error_string);
  library_.Find("nvmlDeviceGetTotalEnergyConsumption", calls_.energy);
  library_.Find("nvmlDeviceGetPowerUsage", calls_.power);
  library_.Find("nvmlDeviceGetFieldValues", calls_.fields);
}

NvmlDriver::~NvmlDriver() {
  if (started_) calls_.shutdown();
}

Result<std::unique_ptr<NvmlDriver>> NvmlDriver::Open(const std::string& library) {
  ASSIGN_OR_RETURN(os::SharedLibrary loaded, os::SharedLibrary::Open(library));
  std::unique_ptr<NvmlDriver> driver(new NvmlDriver(std::move(loaded)));
  RETURN_IF_ERROR(driver->Start(library));
  RETURN_IF_ERROR(driver->FindGpus());
  return driver;
}

Status NvmlDriver::Start(const std::string& library) {
  const Calls& c = calls_;
  if (!c.init || !c.shutdown || !c.count || !c.handle || !c.name || !c.error_string) {
    return {Code::kUnavailable, library + " is no NVML library of a driver of this decade: functions are missing"};
  }
  const Return code = c.init();
  if (code != kSuccess) return Failed(code, "nvmlInit");
  started_ = true;
  return Ok();
}

Status NvmlDriver::FindGpus() {
  unsigned count = 0;
  const Return code = calls_.count(&count);
  if (code != kSuccess) return Failed(code, "nvmlDeviceGetCount");
  if (count == 0) return {Code::kNotFound, "the NVIDIA driver shows no GPU"};
  if (count > kMostGpus) return {Code::kDataLoss, fmt::format("the NVIDIA driver shows {} GPUs", count)};
  for (unsigned index = 0; index < count; ++index) RETURN_IF_ERROR(AddGpu(index));
  return Ok();
}

Status NvmlDriver::AddGpu(unsigned int index) {
  void* device = nullptr;
  const Return found = calls_.handle(index, &device);
  if (found != kSuccess) {
    // Its energy may be that of the work: without it there is no sum.
    return {Code::kUnavailable, fmt::format("GPU {}: {}", index, calls_.error_string(found))};
  }
  char name[96] = {};  // NVML_DEVICE_NAME_V2_BUFFER_SIZE
  const bool named = calls_.name(device, name, sizeof name) == kSuccess;
  name[sizeof name - 1] = '\0';
  gpus_.push_back({device, named ? Printable(name) : fmt::format("GPU {}", index)});
  return Ok();
}

Status NvmlDriver::Failed(Return code, const char* what) const {
  const char* const words = calls_.error_string(code);
  return {CodeOf(code), fmt::format("{}: {}", what, words == nullptr ? "unknown error" : Printable(words))};
}

Status NvmlDriver::Failed(Return code, const NvmlGpu& gpu, const char* what) const {
  return Failed(code, fmt::format("{}: {}", gpu.name, what).c_str());
}

Result<std::uint64_t> NvmlDriver::EnergyMj(const NvmlGpu& gpu) const {
  unsigned long long mj = 0;
  const Return code = calls_.energy ? calls_.energy(gpu.device, &mj) : kFunctionNotFound;
  if (code != kSuccess) return Failed(code, gpu, "energy");
  return std::uint64_t{mj};
}

Result<double> NvmlDriver::InstantWatts(const NvmlGpu& gpu) const {
  NvmlFieldValue field{};
  field.field = kNvmlPowerInstant;
  Return code = calls_.fields ? calls_.fields(gpu.device, 1, &field) : kFunctionNotFound;
  if (code == kSuccess) code = field.return_code;
  if (code == kSuccess && field.value_type != kNvmlUnsignedInt) code = kNotSupported;
  if (code != kSuccess) return Failed(code, gpu, "power");
  return field.value.as_unsigned / base::kMilliPerUnit;
}

Result<double> NvmlDriver::MeanWatts(const NvmlGpu& gpu) const {
  unsigned mw = 0;
  const Return code = calls_.power ? calls_.power(gpu.device, &mw) : kFunctionNotFound;
  if (code != kSuccess) return Failed(code, gpu, "power");
  return mw / base::kMilliPerUnit;
}

}  // namespace inferometer::probe
