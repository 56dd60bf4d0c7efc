#pragma once
// The colours of the page, for light and dark. After Okabe and Ito's, which people with any colour vision can tell
// apart, made darker or lighter until each stands out from its background by at least 3 : 1, texts by 4.5 : 1 (WCAG 2.2
// AA).

#include <cstdint>
#include <span>
#include <string_view>

namespace inferometer::report::html {

// How a colour is used, which decides how far it must stand out from the page.
enum class Use { kBackground, kText, kMark, kDecoration };

struct Colour {
  std::string_view name;  // of the CSS variable, without "--"
  Use use;
  std::uint32_t light;  // 0xrrggbb
  std::uint32_t dark;
};

[[nodiscard]] std::span<const Colour> Palette();

// How many colours there are to tell series apart: s0, s1, ...
inline constexpr std::size_t kSeriesColours = 6;

// WCAG's contrast ratio of two sRGB colours, 1 to 21.
[[nodiscard]] double Contrast(std::uint32_t a, std::uint32_t b);

}  // namespace inferometer::report::html
