#pragma once
// The power of one or more supply rails, each told by sysfs files of voltage and current, or of power, added up.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "inferometer/status.h"
#include "probe/energy/power_gauge.h"
#include "probe/sysfs_attribute.h"

namespace inferometer::probe {

// Either `power_uw`, or both of the others.
struct RailFiles {
  std::filesystem::path power_uw{};
  std::filesystem::path voltage_mv{};
  std::filesystem::path current_ma{};
  // A current below this is an error; a sensor's offset may show a little below 0 on a rail that draws nothing.
  std::int64_t least_ma = 0;
};

// One reading reads all files, one after the other, kept open; a rail that cannot be read, or shows what no rail can
// draw, spoils it. Thread-safe.
class RailGauge final : public PowerGauge {
 public:
  // Opens the files and reads them once. kPermissionDenied with the command that allows it; kNotFound, kDataLoss with
  // the path.
  [[nodiscard]] static Result<std::unique_ptr<PowerGauge>> Open(PowerGaugeFacts facts,
                                                                const std::vector<RailFiles>& rails);

  [[nodiscard]] const PowerGaugeFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<double> ReadWatts() override;

 private:
  struct Rail {
    std::vector<KeptAttribute> attributes;  // power, or voltage and current
    std::int64_t least_ma;
  };
  RailGauge(PowerGaugeFacts facts, std::vector<Rail> rails);
  [[nodiscard]] static Result<Rail> OpenRail(const RailFiles& files);
  [[nodiscard]] static Result<std::int64_t> Read(const KeptAttribute& attribute, std::int64_t least, std::int64_t most);
  [[nodiscard]] static Result<double> ReadRailWatts(const Rail& rail);

  const PowerGaugeFacts facts_;
  std::mutex mutex_;               // one reading at a time, so that the files of a rail belong together
  const std::vector<Rail> rails_;  // under mutex_
};

}  // namespace inferometer::probe
