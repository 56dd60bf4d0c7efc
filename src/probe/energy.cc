#include "probe/energy.h"

#include <fmt/format.h>

#include <utility>

namespace inferometer::probe {

namespace {

std::string ShortReason(const Status& status) {
  if (status.code() == Code::kNotFound) return "rapl: absent";
  if (status.code() == Code::kPermissionDenied) return "rapl: permission denied";
  return "rapl: " + status.message();
}

}  // namespace

Result<EnergyMeter> EnergyMeter::Make(const EnergyOptions& options) {
  EnergyMeter meter;
  ASSIGN_OR_RETURN(const BoardProfile* board, FindBoard(options.board));
  if (options.choice == EnergyChoice::kNone) {
    meter.reason_ = meter.short_reason_ = "turned off";
    return meter;
  }
  meter.board_ = board;
  if (options.choice == EnergyChoice::kModel) {
    meter.reason_ = meter.short_reason_ = "the model was asked for";
    return meter;
  }
  auto rapl = Rapl::Open(options.rapl);
  if (rapl.ok()) {
    meter.rapl_ = std::move(rapl).value();
  } else {
    meter.reason_ = "rapl: " + rapl.status().message();
    meter.short_reason_ = ShortReason(rapl.status());
  }
  return meter;
}

CounterReading EnergyMeter::Read() { return rapl_ != nullptr ? rapl_->Read() : CounterReading{}; }

EnergyAnswer EnergyMeter::Between(const CounterReading& begin, const CounterReading& end,
                                  const EnergyWindow& window) const {
  if (rapl_ == nullptr) return Model(window, short_reason_);
  const auto energy = rapl_->Between(begin, end, window.duration);
  if (!energy.ok()) return Model(window, "rapl: " + energy.status().message());
  return {*energy, "rapl", rapl_->scope(), ""};
}

EnergyAnswer EnergyMeter::Model(const EnergyWindow& window, std::string reason) const {
  if (board_ == nullptr) return {std::nullopt, "", "", std::move(reason)};
  if (!window.on_cpu) return {std::nullopt, "", "", std::move(reason) + "; the model covers CPUs only"};
  const double mj = ModelEnergyMj(*board_, window.duration, window.cpu_time, window.cpus);
  return {Energy{mj, kModelUncertainty * mj}, "model", "board", std::move(reason)};
}

std::string EnergyMeter::Description() const {
  if (rapl_ != nullptr) return "rapl, over " + rapl_->scope();
  if (board_ == nullptr) return "none (" + reason_ + ")";
  return fmt::format("model of board '{}', CPUs only ({} W idle, {} W busy; +/- {:.0f} %), because {}", board_->name,
                     board_->idle_watts, board_->busy_watts, 100 * kModelUncertainty, reason_);
}

}  // namespace inferometer::probe
