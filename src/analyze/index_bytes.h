#pragma once
// Values as the index of a metrics directory keeps them: as they lie in memory, for it never leaves the machine.

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace inferometer::analyze {

class IndexWriter {
 public:
  explicit IndexWriter(std::string& out) : out_(out) {}
  template <typename T>
  void Number(T value) {
    static_assert(std::is_arithmetic_v<T>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void Text(std::string_view text) {
    Number(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }
  template <typename T, typename Write>
  void Optional(const std::optional<T>& value, Write write) {
    Number(static_cast<std::uint8_t>(value.has_value()));
    if (value) write(*value);
  }

 private:
  std::string& out_;
};

// Reads what IndexWriter wrote. Once something is not there, it fails and everything after it is 0 or empty. The bytes
// must outlive it.
class IndexReader {
 public:
  explicit IndexReader(std::string_view bytes) : rest_(bytes) {}
  template <typename T>
  [[nodiscard]] T Number() {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    if (!Has(sizeof value)) return value;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  [[nodiscard]] std::string_view Text() { return Bytes(Number<std::uint32_t>()); }
  template <typename Read>
  [[nodiscard]] auto Optional(Read read) -> std::optional<decltype(read())> {
    if (Number<std::uint8_t>() == 0) return std::nullopt;
    return read();
  }
  // The next `size` bytes.
  [[nodiscard]] std::string_view Bytes(std::size_t size) {
    if (!Has(size)) return {};
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  // A number of things that take at least `least_bytes` each; fails where so many cannot be there.
  [[nodiscard]] std::size_t Count(std::size_t least_bytes) {
    const auto count = Number<std::uint64_t>();
    if (count > rest_.size() / least_bytes) ok_ = false;
    return ok_ ? static_cast<std::size_t>(count) : 0;
  }
  void Fail() { ok_ = false; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool is_at_end() const { return ok_ && rest_.empty(); }

 private:
  [[nodiscard]] bool Has(std::size_t bytes) {
    ok_ = ok_ && bytes <= rest_.size();
    return ok_;
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace inferometer::analyze
