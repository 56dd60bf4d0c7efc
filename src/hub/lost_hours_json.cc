#include "hub/lost_hours_json.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <string_view>

#include "base/timestamp.h"

namespace inferometer::hub {
namespace {

namespace dom = simdjson::dom;

Status Failed(std::string_view key, std::string_view what) {
  return {Code::kDataLoss, fmt::format("field \"lost_hours\": {}: {}", key, what)};
}

Status TakeCount(dom::object item, std::string_view key, std::uint64_t most, std::uint64_t& count) {
  if (item.at_key(key).get(count) || count > most) return Failed(key, fmt::format("not a whole number up to {}", most));
  return Ok();
}

Status TakeCount(dom::element value, std::string_view key, std::uint32_t& count) {
  std::uint64_t number = 0;
  if (value.get(number) || number > UINT32_MAX) return Failed(key, "not a whole number below 2^32");
  count = static_cast<std::uint32_t>(number);
  return Ok();
}

Status TakeHour(dom::object item, std::string_view key, std::optional<std::uint32_t>& hour) {
  dom::element value;
  if (item.at_key(key).get(value)) return Ok();
  std::string_view text;
  if (value.get(text)) return Failed(key, "not a string");
  const auto time = base::ParseTimestamp(text);
  if (!time.ok()) return Failed(key, time.status().message());
  const auto whole = std::chrono::floor<std::chrono::hours>(*time);
  if (whole != *time) return Failed(key, "not a whole hour");
  hour = static_cast<std::uint32_t>(whole.time_since_epoch().count());
  return Ok();
}

Status TakeSpan(dom::object item, std::optional<store::HourSpan>& span) {
  std::optional<std::uint32_t> first;
  std::optional<std::uint32_t> last;
  RETURN_IF_ERROR(TakeHour(item, "first_hour", first));
  RETURN_IF_ERROR(TakeHour(item, "last_hour", last));
  if (first.has_value() != last.has_value()) return Failed(first ? "last_hour" : "first_hour", "missing");
  if (first) span = store::HourSpan{*first, *last};
  return Ok();
}

// Nothing where no record told it.
Status TakeObject(dom::object item, std::string_view key, std::optional<dom::object>& object) {
  dom::element value;
  if (item.at_key(key).get(value)) return Ok();
  if (value.get(object.emplace())) return Failed(key, "not an object");
  return Ok();
}

Status TakeSum(dom::object item, std::string_view key, store::LostSum& sum) {
  std::optional<dom::object> object;
  RETURN_IF_ERROR(TakeObject(item, key, object));
  if (!object) return Ok();
  dom::element count;
  if (object->at_key("count").get(count)) return Failed(key, "without a count");
  RETURN_IF_ERROR(TakeCount(count, key, sum.count));
  return TakeCount(*object, "total", store::kLargestLostSum, sum.total);
}

Status TakeHistogram(dom::object times, store::LostHours& hours) {
  dom::array counts;
  if (times.at_key("histogram").get(counts) || counts.size() != store::kLatencyBuckets) {
    return Failed("histogram", fmt::format("not a list of {} counts", store::kLatencyBuckets));
  }
  std::size_t bucket = 0;
  for (const dom::element count : counts) {
    RETURN_IF_ERROR(TakeCount(count, "histogram", hours.inference_times[bucket++]));
  }
  return Ok();
}

Status TakeTimes(dom::object item, store::LostHours& hours) {
  constexpr std::uint64_t kMostMs = store::kLargestLostSum / 1000;
  std::optional<dom::object> times;
  RETURN_IF_ERROR(TakeObject(item, "inference_time_ms", times));
  if (!times) return Ok();
  RETURN_IF_ERROR(TakeHistogram(*times, hours));
  double total = 0;
  if (times->at_key("total").get(total) || !(total >= 0) || total > static_cast<double>(kMostMs)) {
    return Failed("inference_time_ms", "without a total that can be");
  }
  hours.inference_time_us = static_cast<std::uint64_t>(std::llround(total * 1000));
  std::uint64_t count = 0;
  RETURN_IF_ERROR(TakeCount(*times, "count", store::kLargestLostSum, count));
  return count == hours.timed() ? Ok() : Failed("inference_time_ms", "a count that is not the histogram's");
}

}  // namespace

Status ReadLostHours(dom::object item, store::LostHours& hours) {
  RETURN_IF_ERROR(TakeSpan(item, hours.hours));
  RETURN_IF_ERROR(TakeCount(item, "total_inferences", store::kLargestLostSum, hours.inferences));
  RETURN_IF_ERROR(TakeCount(item, "failed_inferences", store::kLargestLostSum, hours.failed_inferences));
  RETURN_IF_ERROR(TakeSum(item, "prompt_tokens", hours.prompt_tokens));
  RETURN_IF_ERROR(TakeSum(item, "generated_tokens", hours.generated_tokens));
  return TakeTimes(item, hours);
}

}  // namespace inferometer::hub
