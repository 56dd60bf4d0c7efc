#pragma once
// The list of revoked certificates, which the broker reads. Texts in, texts out.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/record.h"
#include "inferometer/status.h"
#include "mqtt/keys/certificate.h"

namespace inferometer::mqtt::keys {

struct Revoked {
  std::string serial;  // as in Certificate
  WallTime at{};
};

// When `next_update` has passed, OpenSSL (and so the broker) takes nobody in any more: not only those on the list.
struct RevocationList {
  std::uint64_t number = 0;  // counts up with every list of an authority
  WallTime this_update{};    // to the second
  WallTime next_update{};
  std::vector<Revoked> revoked;  // in order of serial
};

[[nodiscard]] Result<std::string> SignRevocationList(const KeyPair& authority, const RevocationList& list);
// Checks the signature against the authority's certificate: another's list, or a damaged one, is kDataLoss.
[[nodiscard]] Result<RevocationList> ParseRevocationList(std::string_view pem, std::string_view authority_pem);

}  // namespace inferometer::mqtt::keys
