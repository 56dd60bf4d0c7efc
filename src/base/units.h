#pragma once
// Factors between the units that kernels and sensors count in and those of the field table. All are whole numbers, so
// that dividing by one rounds once.

#include <cstdint>

namespace inferometer::base {

inline constexpr double kMilliPerUnit = 1e3;  // mV, mA, millidegrees
inline constexpr double kMicroPerUnit = 1e6;  // uW, uV, uOhm
inline constexpr double kMjPerJ = 1e3;
inline constexpr double kUjPerMj = 1e3;

// MB of the field table: 2^20 bytes, as the older system has them.
[[nodiscard]] constexpr double Mb(std::uint64_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0); }

}  // namespace inferometer::base
