#include "mqtt/answer.h"

#include <mqtt_protocol.h>

namespace inferometer::mqtt {
namespace {

constexpr int kLowestFailureCode = 128;

Answer::Kind KindOf(int reason_code) {
  switch (reason_code) {
    case MQTT_RC_NO_MATCHING_SUBSCRIBERS: return Answer::Kind::kNobodyListens;
    case MQTT_RC_NOT_AUTHORIZED:
    case MQTT_RC_QUOTA_EXCEEDED: return Answer::Kind::kNotAllowed;
    case MQTT_RC_PACKET_TOO_LARGE: return Answer::Kind::kTooLarge;
    default: return reason_code < kLowestFailureCode ? Answer::Kind::kTaken : Answer::Kind::kRefusedOtherwise;
  }
}

}  // namespace

Answer AnswerOfBroker(int reason_code) { return {KindOf(reason_code), reason_code}; }

}  // namespace inferometer::mqtt
