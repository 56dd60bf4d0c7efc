#pragma once
// SHA-256 (FIPS 180-4), for keys and checksums that stand in files and databases of others.

#include <memory>
#include <string>
#include <string_view>

namespace inferometer::exchange {

// Takes in bytes piece by piece. Movable; one thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& Add(std::string_view bytes);
  // 64 lower-case hex digits. Call once, at the end.
  [[nodiscard]] std::string Hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// 64 lower-case hex digits.
[[nodiscard]] std::string Sha256Hex(std::string_view bytes);

}  // namespace inferometer::exchange
