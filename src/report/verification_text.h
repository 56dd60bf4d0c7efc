#pragma once
// The verification for people.

#include <string>

#include "analyze/verification.h"

namespace inferometer::report {

// A line for each finding and each note, one for each range that was reported lost (the first of them) with their
// counts by reason, and at the end one line of totals. Fit for a terminal.
[[nodiscard]] std::string VerificationText(const analyze::Verification& verification);

}  // namespace inferometer::report
