#pragma once
// The verification as JSON, for programs.

#include <string>

#include "analyze/verification.h"

namespace inferometer::exchange {

// {"schema_version", "files", "records", "journals", "segments", "findings_count", "findings":
// [{"kind","file","offset", "device","stream","from","to","field","text"}], "losses":
// [{"device","stream","from","to","count","reason"}], "notes": [...]}, each item on a line of its own. A finding has
// every key; what does not apply is null. The lists are bounded, findings_count is not.
[[nodiscard]] std::string VerificationJson(const analyze::Verification& verification);

}  // namespace inferometer::exchange
