#include "report/html/palette.h"

#include <algorithm>
#include <cmath>

namespace inferometer::report::html {
namespace {

constexpr Colour kPalette[] = {
    {"page", Use::kBackground, 0xffffff, 0x14171a}, {"panel", Use::kBackground, 0xf6f7f8, 0x1d2125},
    {"ink", Use::kText, 0x1b1f23, 0xe8eaec},        {"quiet", Use::kText, 0x565d64, 0xa9b0b7},
    {"link", Use::kText, 0x00598c, 0x6cc0f5},       {"rule", Use::kDecoration, 0xd5d9dd, 0x3a4148},
    {"axis", Use::kMark, 0x7a828a, 0x868e96},       {"data", Use::kMark, 0x0072b2, 0x56b4e9},
    {"alarm", Use::kMark, 0xc24e00, 0xff8a4c},      {"s0", Use::kMark, 0x0072b2, 0x56b4e9},
    {"s1", Use::kMark, 0xc24e00, 0xff8a4c},         {"s2", Use::kMark, 0x00805d, 0x2bc79a},
    {"s3", Use::kMark, 0xa8478a, 0xe092c0},         {"s4", Use::kMark, 0x8a6500, 0xe6b400},
    {"s5", Use::kMark, 0x40474e, 0xc9ced3},
};

// WCAG 2.2, relative luminance.
double Luminance(std::uint32_t rgb) {
  const auto linear = [&](unsigned shift) {
    const double share = static_cast<double>((rgb >> shift) & 0xffU) / 255;
    return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0);
}

}  // namespace

std::span<const Colour> Palette() { return kPalette; }

double Contrast(std::uint32_t a, std::uint32_t b) {
  const auto [darker, lighter] = std::minmax({Luminance(a), Luminance(b)});
  return (lighter + 0.05) / (darker + 0.05);
}

}  // namespace inferometer::report::html
