#pragma once
// Making certificates: texts in, texts out, nothing kept. Keys are EC P-256, signatures ECDSA with SHA-256. Keys and
// serial numbers come from OpenSSL's own generator and not through a constructor: a private key that a test could
// foretell is one that somebody else can.

#include <string>
#include <string_view>
#include <vector>

#include "inferometer/record.h"
#include "inferometer/status.h"
#include "mqtt/keys/certificate.h"

namespace inferometer::mqtt::keys {

struct Validity {
  WallTime begin{};
  WallTime end{};  // included
};

struct Subject {
  std::string common_name;         // 1 to 64 bytes of UTF-8
  std::vector<std::string> hosts;  // names and addresses of a server; empty: a client
};

// kInvalidArgument for what is neither a host name (letters, digits, hyphens and dots) nor an IP address.
[[nodiscard]] Status CheckHost(std::string_view host);

// A new authority, signed by itself, which can sign certificates and revocation lists and no further authority. Its
// name ends with its own serial number, so that no two authorities are taken for one.
[[nodiscard]] Result<KeyPair> MakeAuthority(Validity validity);

// A server's certificate (extended key usage serverAuth, its hosts as subjectAltName) or a client's (clientAuth), never
// both: what is stolen from a device cannot pass for the broker.
[[nodiscard]] Result<KeyPair> Sign(const KeyPair& authority, const Subject& subject, Validity validity);

}  // namespace inferometer::mqtt::keys
