#include "analyze/index_column.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>

namespace inferometer::analyze {
namespace {

constexpr std::uint8_t kAsTheyLie = 0xff;
constexpr std::size_t kLeastWorthIt = 3;  // fewer are shorter as they lie
constexpr std::size_t kFew = 8;
// The powers of ten by which whole numbers are divided. Their quotients are what a parser makes of the digits: both are
// the double nearest to the same fraction.
constexpr std::array<double, 7> kPowersOfTen = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
// Added, it leaves a whole number in the low bits of what is smaller than a quarter of it; taken away again, the
// number.
constexpr double kRounder = 0x1.8p52;
constexpr auto kRounderBits = std::bit_cast<std::int64_t>(kRounder);
constexpr std::int64_t kMostParts = std::int64_t{1} << 50;

// Appends of each number as many low bytes as Narrow has, less those of `base`: what they are above it, where that
// fits.
template <typename Narrow, typename Wide>
void AppendAbove(std::uint64_t base, std::span<const Wide> values, std::string& out) {
  std::vector<Narrow> above(values.size());
  const auto low = static_cast<Narrow>(base);
  for (std::size_t i = 0; i < values.size(); ++i) {
    above[i] = static_cast<Narrow>(static_cast<Narrow>(std::bit_cast<std::uint64_t>(values[i])) - low);
  }
  out.append(reinterpret_cast<const char*>(above.data()), above.size() * sizeof(Narrow));
}

template <typename Wide>
void AppendAbove(std::uint8_t width, std::uint64_t base, std::span<const Wide> values, std::string& out) {
  switch (width) {
    case 0: return;
    case 1: return AppendAbove<std::uint8_t>(base, values, out);
    case 2: return AppendAbove<std::uint16_t>(base, values, out);
    case 4: return AppendAbove<std::uint32_t>(base, values, out);
    default: return AppendAbove<std::uint64_t>(base, values, out);
  }
}

template <typename Narrow>
void ReadAbove(std::int64_t base, std::string_view bytes, std::span<std::int64_t> values) {
  const char* from = bytes.data();
  for (std::int64_t& value : values) {
    Narrow above{};
    std::memcpy(&above, from, sizeof above);
    from += sizeof above;
    value = static_cast<std::int64_t>(static_cast<std::uint64_t>(base) + above);
  }
}

// How many bytes a number takes: none where all are the same.
std::uint8_t WidthFor(std::uint64_t range) {
  if (range == 0) return 0;
  if (range <= std::numeric_limits<std::uint8_t>::max()) return 1;
  if (range <= std::numeric_limits<std::uint16_t>::max()) return 2;
  return range <= std::numeric_limits<std::uint32_t>::max() ? 4 : 8;
}

// Numbers as whole ones of a scale's parts, each with kRounder added: as integers, the bits of two such doubles are as
// far apart as the numbers of parts.
struct Parts {
  std::uint8_t decimals = 0;
  std::int64_t least = 0;  // bits
  std::int64_t most = 0;
  std::vector<double> with_rounder;
};

// Whether each of the numbers is one, to the last bit. In a loop by itself, which the compiler makes work side by side.
bool AreParts(std::span<const double> values, double scale, std::span<double> with_rounder) {
  std::uint64_t differences = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    with_rounder[i] = values[i] * scale + kRounder;
    const double whole = with_rounder[i] - kRounder;
    differences |= std::bit_cast<std::uint64_t>(whole / scale) ^ std::bit_cast<std::uint64_t>(values[i]);
    differences |= std::bit_cast<std::uint64_t>(whole - whole);  // 0, but of NaN and infinity
  }
  return differences == 0;
}

bool TakeParts(std::span<const double> values, double scale, Parts& parts) {
  const std::span<double> with_rounder = std::span(parts.with_rounder).first(values.size());
  if (!AreParts(values, scale, with_rounder)) return false;
  parts.least = std::numeric_limits<std::int64_t>::max();
  parts.most = 0;
  for (const double part : with_rounder) {
    parts.least = std::min(parts.least, std::bit_cast<std::int64_t>(part));
    parts.most = std::max(parts.most, std::bit_cast<std::int64_t>(part));
  }
  return parts.least > kRounderBits - kMostParts && parts.most < kRounderBits + kMostParts;
}

// With the fewest decimals that all have; nothing where they are too many.
std::optional<Parts> PartsOf(std::span<const double> values) {
  Parts parts;
  parts.with_rounder.resize(values.size());
  for (; parts.decimals < kPowersOfTen.size(); ++parts.decimals) {
    const double scale = kPowersOfTen[parts.decimals];
    // A few tell of most scales that they do not fit.
    if (TakeParts(values.first(std::min(values.size(), kFew)), scale, parts) && TakeParts(values, scale, parts)) {
      return parts;
    }
  }
  return std::nullopt;
}

}  // namespace

void AppendWholeColumn(std::span<const std::int64_t> values, std::string& out) {
  if (values.empty()) return;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const auto base = static_cast<std::uint64_t>(*least);
  const std::uint8_t width = WidthFor(static_cast<std::uint64_t>(*most) - base);
  IndexWriter writer(out);
  writer.Number(width);
  writer.Number(*least);
  AppendAbove(width, base, values, out);
}

void ReadWholeColumn(IndexReader& in, std::span<std::int64_t> values) {
  if (values.empty()) return;
  const auto width = in.Number<std::uint8_t>();
  const auto base = in.Number<std::int64_t>();
  const std::string_view bytes = in.Bytes(values.size() * width);
  if (!in.ok()) return;
  switch (width) {
    case 0: return std::fill(values.begin(), values.end(), base);
    case 1: return ReadAbove<std::uint8_t>(base, bytes, values);
    case 2: return ReadAbove<std::uint16_t>(base, bytes, values);
    case 4: return ReadAbove<std::uint32_t>(base, bytes, values);
    case 8: return ReadAbove<std::uint64_t>(base, bytes, values);
    default: return in.Fail();
  }
}

void AppendRealColumn(std::span<const double> values, std::string& out) {
  if (values.empty()) return;
  IndexWriter writer(out);
  const auto parts = values.size() < kLeastWorthIt ? std::nullopt : PartsOf(values);
  const std::uint8_t width = parts ? WidthFor(static_cast<std::uint64_t>(parts->most - parts->least)) : 8;
  if (width == 8) {
    writer.Number(kAsTheyLie);
    out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    return;
  }
  writer.Number(parts->decimals);
  writer.Number(width);
  writer.Number(parts->least - kRounderBits);
  AppendAbove(width, static_cast<std::uint64_t>(parts->least), std::span(parts->with_rounder), out);
}

void ReadRealColumn(IndexReader& in, std::span<double> values) {
  if (values.empty()) return;
  const auto decimals = in.Number<std::uint8_t>();
  if (decimals == kAsTheyLie) {
    const std::string_view bytes = in.Bytes(values.size_bytes());
    if (in.ok()) std::memcpy(values.data(), bytes.data(), values.size_bytes());
    return;
  }
  std::vector<std::int64_t> parts(values.size());
  ReadWholeColumn(in, parts);
  if (decimals >= kPowersOfTen.size()) return in.Fail();
  const double scale = kPowersOfTen[decimals];
  std::transform(parts.begin(), parts.end(), values.begin(),
                 [&](std::int64_t part) { return static_cast<double>(part) / scale; });
}

}  // namespace inferometer::analyze
