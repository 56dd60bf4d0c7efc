#pragma once
// What became of a message whose sender wants to know.

#include <cstdint>
#include <optional>

namespace inferometer::mqtt {

// One message's end at the broker, or here on the way to it. A value.
struct Answer {
  enum class Kind {
    kTaken,            // the broker has it and handed it to somebody; it says nothing of the hub's disk
    kNobodyListens,    // the broker had nobody to hand it to, and threw it away
    kNotAllowed,       // the broker's access list forbids it, or its quota is used up: not before somebody acts
    kTooLarge,         // for this broker, however often it is sent
    kRefusedOtherwise  // by the broker with another code, or here: not a message
  };
  Kind kind = Kind::kRefusedOtherwise;
  std::optional<int> reason_code;  // of MQTT 5, from the broker; none: it was refused here and never sent

  friend bool operator==(const Answer&, const Answer&) = default;
};

// The broker's answer, by its MQTT 5 reason code.
[[nodiscard]] Answer AnswerOfBroker(int reason_code);

}  // namespace inferometer::mqtt
