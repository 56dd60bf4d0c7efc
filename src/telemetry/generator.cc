#include "telemetry/generator.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/device_id.h"

namespace inferometer::telemetry {
namespace {

// Of the data set, in the order of the characters below.
constexpr std::array<std::string_view, 3> kDevices = {"00:0f:00:70:91:0a", "1c:bf:ce:15:ec:4d", "b8:27:eb:bf:9d:51"};

std::uint64_t Fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// In the data set the three gases come from one sensor and rise together; these lines follow its rows closely.
std::int64_t LpgOf(std::int64_t co) { return 1'710'000 + co * 12 / 10; }
std::int64_t SmokeOf(std::int64_t co) { return 3'690'000 + co * 337 / 100; }

// The sensors show one digit after the point.
double InTenths(std::int64_t thousandths) {
  const std::int64_t tenths = thousandths / 100;
  return static_cast<double>(tenths) / 10.0;
}

}  // namespace

Generator::Character Generator::CharacterOf(std::string_view device_id) {
  static constexpr Character kCharacters[] = {
      // cool and humid
      {.temp = {19'500, 18'000, 21'000, 150, 19'500},
       .humidity = {75'500, 71'000, 80'000, 400, 75'500},
       .co = {3'700'000, 3'400'000, 4'500'000, 100'000, 3'700'000}},
      // very variable
      {.temp = {25'500, 18'000, 32'000, 2'500, 25'500},
       .humidity = {61'000, 45'000, 80'000, 6'000, 61'000},
       .co = {4'800'000, 3'400'000, 6'900'000, 900'000, 4'800'000}},
      // warm and dry
      {.temp = {27'500, 26'000, 29'500, 200, 27'500},
       .humidity = {50'000, 45'000, 55'000, 500, 50'000},
       .co = {5'600'000, 4'500'000, 6'500'000, 150'000, 5'600'000}},
  };
  for (std::size_t i = 0; i < kDevices.size(); ++i) {
    if (kDevices[i] == device_id) return kCharacters[i];
  }
  return kCharacters[Fnv1a(device_id) % kDevices.size()];
}

Result<Generator> Generator::Create(std::string_view device_id, std::uint64_t seed, WallTime start) {
  ASSIGN_OR_RETURN(const std::string id, base::CanonicalDeviceId(device_id));
  return Generator(id, seed, start);
}

Generator::Generator(std::string_view device_id, std::uint64_t seed, WallTime start)
    : device_id_(device_id),
      character_(CharacterOf(device_id)),
      random_(seed ^ Fnv1a(device_id)),
      next_ts_(start),
      light_(random_() % 2 == 0) {}

// The bias of the remainder is below 1e-12 for the bounds used here.
std::uint64_t Generator::Below(std::uint64_t bound) { return random_() % bound; }

std::int64_t Generator::Advance(Wander& wander) {
  constexpr std::int64_t kPull = 8;  // a message takes an eighth of the way back to the mean
  const auto noise = static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(2 * wander.step + 1))) - wander.step;
  wander.value += (wander.mean - wander.value) / kPull + noise;
  wander.value = std::clamp(wander.value, wander.lowest, wander.highest);
  return wander.value;
}

SensorMessage Generator::Next() {
  SensorMessage message;
  message.device_id = device_id_;
  message.ts = next_ts_;
  message.temp = InTenths(Advance(character_.temp));
  message.humidity = InTenths(Advance(character_.humidity));
  const std::int64_t co = Advance(character_.co);
  message.co = static_cast<double>(co) / 1e9;
  message.lpg = static_cast<double>(LpgOf(co)) / 1e9;
  message.smoke = static_cast<double>(SmokeOf(co)) / 1e9;
  if (Below(50) == 0) light_ = !light_;
  message.light = light_;
  message.motion = Below(40) == 0;
  next_ts_ += std::chrono::microseconds(4'000'000 + static_cast<std::int64_t>(Below(2'000'000)));
  return message;
}

}  // namespace inferometer::telemetry
