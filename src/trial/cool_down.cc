#include "trial/cool_down.h"

#include <utility>

namespace inferometer::trial {
namespace {

constexpr std::chrono::milliseconds kLook{500};

}  // namespace

CoolDown::CoolDown(CoolDownOptions options, std::function<std::optional<double>()> celsius, const base::Clock& clock,
                   std::function<bool(std::chrono::nanoseconds)> wait)
    : options_(options), celsius_(std::move(celsius)), clock_(clock), wait_(std::move(wait)) {}

void CoolDown::Start() { start_ = celsius_(); }

bool CoolDown::IsCool() const {
  if (!start_) return true;
  const auto now = celsius_();
  return !now || *now <= *start_ + options_.within_celsius;
}

bool CoolDown::Rest() {
  if (options_.delay.count() > 0 && !wait_(options_.delay)) return false;
  const auto begin = clock_.Steady();
  while (!IsCool()) {
    if (clock_.Steady() - begin >= options_.at_most) {
      ++cut_short_;
      return true;
    }
    if (!wait_(kLook)) return false;
  }
  return true;
}

}  // namespace inferometer::trial
