#include "exchange/postgresql_copy.h"

#include <bit>
#include <chrono>
#include <initializer_list>

#include "exchange/database_row.h"

namespace inferometer::exchange {
namespace {

constexpr std::string_view kSignature{"PGCOPY\n\377\r\n\0", 11};
constexpr std::int64_t kNull = -1;
constexpr std::int64_t kEnd = -1;
constexpr std::int64_t kTextOid = 25;  // pg_type.dat
constexpr char kJsonbVersion = 1;
constexpr WallTime kEpoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);

}  // namespace

void BinaryCopy::BigEndian(std::int64_t value, std::size_t bytes) {
  const auto bits = static_cast<std::uint64_t>(value);
  while (bytes-- > 0) out_ += static_cast<char>((bits >> (8 * bytes)) & 0xff);
}

void BinaryCopy::Length(std::size_t bytes) { BigEndian(static_cast<std::int64_t>(bytes), 4); }

void BinaryCopy::Sized(std::string_view bytes) {
  Length(bytes.size());
  out_ += bytes;
}

void BinaryCopy::BeginFile() {
  out_ += kSignature;
  BigEndian(0, 4);  // flags
  BigEndian(0, 4);  // length of the header's extension
}
void BinaryCopy::BeginRow(std::size_t columns) { BigEndian(static_cast<std::int64_t>(columns), 2); }
void BinaryCopy::EndFile() { BigEndian(kEnd, 2); }

void BinaryCopy::Null() { BigEndian(kNull, 4); }
void BinaryCopy::Text(std::string_view text) {
  if (IsStorable(text)) return Sized(text);
  Sized(StorableText(text));
}
void BinaryCopy::Real(double value) { Integer(std::bit_cast<std::int64_t>(value)); }
void BinaryCopy::Integer(std::int64_t value) {
  Length(sizeof value);
  BigEndian(value, sizeof value);
}
void BinaryCopy::Boolean(bool value) {
  Length(1);
  out_ += static_cast<char>(value);
}
void BinaryCopy::Time(WallTime time) { Integer((time - kEpoch).count()); }

void BinaryCopy::TextList(const std::vector<std::string>& list) {
  const std::size_t begin = out_.size();
  Length(0);  // filled in below
  // Dimensions, whether an item is null, the items' type, how many they are, the first one's index.
  for (const std::int64_t head :
       {std::int64_t{1}, std::int64_t{0}, kTextOid, static_cast<std::int64_t>(list.size()), std::int64_t{1}}) {
    BigEndian(head, 4);
  }
  for (const std::string& text : list) Text(text);
  std::string length;
  BinaryCopy(length).Length(out_.size() - begin - 4);
  out_.replace(begin, length.size(), length);
}

void BinaryCopy::Json(std::string_view json) {
  Length(json.size() + 1);
  out_ += kJsonbVersion;
  out_ += json;
}

}  // namespace inferometer::exchange
