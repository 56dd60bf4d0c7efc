#pragma once
// Which subscriptions of one connection stand, and when to ask for the others again. Internal to this folder.

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mqtt/back_off.h"

namespace inferometer::mqtt {

struct RefusedFilter {
  std::string filter;
  int reason_code = 0;
};

// A pure state machine; not thread-safe. Time is whatever the caller's clock says.
class Subscriptions {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Subscriptions(std::vector<std::string> filters, BackOff back_off)
      : missing_(std::move(filters)), back_off_(std::move(back_off)) {}

  // Something is to be asked for now.
  [[nodiscard]] bool Due(Time now) const { return !missing_.empty() && !asked_ && now >= next_; }
  [[nodiscard]] Time next_due() const { return missing_.empty() || asked_ ? Time::max() : next_; }
  [[nodiscard]] const std::vector<std::string>& missing() const { return missing_; }
  void Asked() { asked_ = true; }

  // The broker's answer to the last question, one code per filter. Returns the first refusal, if any.
  std::optional<RefusedFilter> Answered(const std::vector<int>& reason_codes, Time now) {
    std::optional<RefusedFilter> first;
    std::vector<std::string> refused;
    for (std::size_t i = 0; i < missing_.size(); ++i) {
      const int code = i < reason_codes.size() ? reason_codes[i] : kNoAnswer;
      if (code < kLowestFailureCode) continue;
      if (!first) first = RefusedFilter{missing_[i], code};
      refused.push_back(std::move(missing_[i]));
    }
    missing_ = std::move(refused);
    asked_ = false;
    next_ = now + back_off_.Next();
    return first;
  }

  [[nodiscard]] bool all_granted() const { return missing_.empty(); }

 private:
  static constexpr int kLowestFailureCode = 128;
  static constexpr int kNoAnswer = 128;  // "unspecified error"
  std::vector<std::string> missing_;
  BackOff back_off_;
  Time next_{};
  bool asked_ = false;
};

}  // namespace inferometer::mqtt
