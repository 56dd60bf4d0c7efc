#pragma once
// Sentences about a broker that turned this client's certificate away, each with the next step. Pure functions.

#include <optional>
#include <string_view>

#include "inferometer/status.h"
#include "mqtt/options.h"

namespace inferometer::mqtt {

// `log` holds OpenSSL's reasons. Nothing where they tell of something else.
[[nodiscard]] std::optional<Status> CertificateRefused(const Options& options, std::string_view log);

}  // namespace inferometer::mqtt
