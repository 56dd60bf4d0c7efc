#pragma once
// What stands in a certificate.

#include <filesystem>
#include <string>
#include <string_view>

#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::mqtt::keys {

// A certificate and the private key that belongs to it, as PEM.
struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

enum class Purpose { kAuthority, kServer, kClient };

struct Certificate {
  std::string common_name;  // whom it names: as it stands there, whatever that is
  std::string serial;       // lower-case hex, unique within its authority
  WallTime not_before{};    // to the second
  WallTime not_after{};
  Purpose purpose = Purpose::kClient;  // kServer: its extended key usage allows servers and not clients
};

// The first certificate in a PEM text. Anything else is kInvalidArgument.
[[nodiscard]] Result<Certificate> ParseCertificate(std::string_view pem);
// The same of a file; errors name it.
[[nodiscard]] Result<Certificate> ReadCertificate(const std::filesystem::path& file);

}  // namespace inferometer::mqtt::keys
