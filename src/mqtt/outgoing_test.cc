#include "mqtt/outgoing.h"

#include <gtest/gtest.h>

namespace inferometer::mqtt {
namespace {

constexpr std::size_t kWindow = 10;

// A queue whose topics are single letters.
class OutgoingQueue : public testing::Test {
 protected:
  void Push(const std::string& topics) {
    for (const char topic : topics) outgoing_.Push({std::string(1, topic), "payload"});
  }
  // Hands over what the window allows, with packet ids from 1 on, and says what it was.
  std::string Send(std::size_t window = kWindow) {
    std::string sent;
    while (const auto message = outgoing_.HandOver(window)) {
      sent += message->topic;
      outgoing_.HandedOver(next_packet_id_++);
    }
    return sent;
  }
  Stats stats() const {
    Stats stats;
    outgoing_.Fill(stats);
    return stats;
  }
  Outgoing outgoing_{5, 10'000};
  int next_packet_id_ = 1;
};

TEST_F(OutgoingQueue, SendsInOrderAndNoMoreThanTheWindow) {
  Push("abc");
  EXPECT_EQ(Send(2), "ab");
  ASSERT_NE(outgoing_.Answered(1, 0), nullptr);
  EXPECT_EQ(Send(2), "c");
  EXPECT_EQ(stats().pending, 2U);
  EXPECT_EQ(stats().acknowledged, 1U);
}

TEST_F(OutgoingQueue, WhatWasNotAnsweredGoesAgainFirstWhenTheConnectionBroke) {
  Push("abcd");
  EXPECT_EQ(Send(3), "abc");
  outgoing_.Answered(2, 0);
  outgoing_.ConnectionBroke();
  EXPECT_EQ(Send(), "acd");
}

TEST_F(OutgoingQueue, AnswersOfABrokenConnectionMeanNothing) {
  Push("a");
  EXPECT_EQ(Send(), "a");
  outgoing_.ConnectionBroke();
  EXPECT_EQ(outgoing_.Answered(1, 0), nullptr);
  EXPECT_EQ(stats().pending, 1U);
}

TEST_F(OutgoingQueue, NumberIsBoundedAndTheOldestGoes) {
  Push("abcdefg");
  EXPECT_EQ(stats().dropped, 2U);
  EXPECT_EQ(Send(), "cdefg");
}

TEST_F(OutgoingQueue, WhatIsOnItsWayIsNotDropped) {
  Push("abcde");
  EXPECT_EQ(Send(2), "ab");
  Push("fgh");
  EXPECT_EQ(Send(), "fgh");
  Push("i");  // all the room is taken by what is on its way
  EXPECT_EQ(Send(), "");
  EXPECT_EQ(stats().dropped, 4U);
  EXPECT_EQ(stats().pending, 5U);
}

TEST_F(OutgoingQueue, BytesAreBounded) {
  outgoing_.Push({"a", std::string(4'000, 'x')});
  outgoing_.Push({"b", std::string(4'000, 'x')});
  outgoing_.Push({"c", std::string(4'000, 'x')});
  EXPECT_EQ(stats().dropped, 1U);
  EXPECT_EQ(Send(), "bc");
}

TEST_F(OutgoingQueue, MessageBeyondTheBoundDoesNotDriveOutTheOthers) {
  Push("ab");
  outgoing_.Push({"c", std::string(20'000, 'x')});
  EXPECT_EQ(stats().dropped, 1U);
  EXPECT_EQ(Send(), "ab");
}

TEST_F(OutgoingQueue, RoomComesBackWithAnswersRefusalsAndLosses) {
  for (int round = 0; round < 100; ++round) {
    outgoing_.Push({"a", std::string(6'000, 'x')});
    const auto message = outgoing_.HandOver(kWindow);
    ASSERT_NE(message, nullptr) << round;
    if (round % 3 == 0) outgoing_.RefusedLocally();
    if (round % 3 == 1) outgoing_.HandedOver(round), outgoing_.Answered(round, 0);
    if (round % 3 == 2) outgoing_.ConnectionBroke();  // the next round drops it
  }
  EXPECT_EQ(stats().refused, 34U);
  EXPECT_EQ(stats().acknowledged, 33U);
  EXPECT_EQ(stats().dropped, 33U);
  EXPECT_EQ(stats().pending, 0U);
}

TEST_F(OutgoingQueue, RefusalsAreCountedWithTheirCodeAndNotTriedAgain) {
  Push("ab");
  EXPECT_EQ(Send(), "ab");
  const auto refused = outgoing_.Answered(1, 0x87);
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->topic, "a");
  EXPECT_EQ(outgoing_.Answered(2, 0x10)->topic, "b");
  EXPECT_EQ(stats().refused, 1U);
  EXPECT_EQ(stats().last_refusal_code, 0x87);
  EXPECT_EQ(stats().acknowledged, 1U);
  EXPECT_EQ(stats().without_subscriber, 1U);
  EXPECT_EQ(Send(), "");
}

// --- Messages that somebody else keeps.

class TicketQueue : public OutgoingQueue {
 protected:
  bool PushTicket(char topic, std::size_t bytes = 7) {
    return outgoing_.Push({std::string(1, topic), std::string(bytes, 'x'), false, static_cast<std::uint64_t>(topic)});
  }
};

TEST_F(TicketQueue, AnswerBringsTheTicketBack) {
  ASSERT_TRUE(PushTicket('a'));
  EXPECT_EQ(Send(), "a");
  EXPECT_EQ(outgoing_.Answered(1, 0)->ticket, std::uint64_t{'a'});
}

TEST_F(TicketQueue, BrokenConnectionForgetsItAndKeepsTheOthers) {
  PushTicket('a');
  Push("b");
  PushTicket('c');
  EXPECT_EQ(Send(2), "ab");
  PushTicket('d');
  Push("e");
  outgoing_.ConnectionBroke();
  EXPECT_EQ(stats().pending, 2U);
  EXPECT_EQ(Send(), "be");
  EXPECT_EQ(stats().dropped, 0U);
}

TEST_F(TicketQueue, DroppedByTheBoundItIsNotCounted) {
  PushTicket('a');
  Push("bcdef");
  EXPECT_EQ(Send(), "bcdef");
  EXPECT_FALSE(PushTicket('g')) << "all the room is taken by what is on its way";
  EXPECT_EQ(stats().dropped, 0U);
}

TEST_F(TicketQueue, RefusedItIsNotCounted) {
  PushTicket('a');
  PushTicket('b');
  EXPECT_EQ(Send(1), "a");
  ASSERT_NE(outgoing_.Answered(1, 0x87), nullptr);
  ASSERT_NE(outgoing_.HandOver(kWindow), nullptr);
  outgoing_.RefusedLocally();
  EXPECT_EQ(stats().refused, 0U);
  EXPECT_EQ(stats().pending, 0U);
}

TEST_F(TicketQueue, RoomComesBackWhenItIsForgotten) {
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(PushTicket('a', 6'000)) << round;
    if (round % 2 == 0) Send();
    outgoing_.ConnectionBroke();
  }
  EXPECT_EQ(stats().pending, 0U);
}

}  // namespace
}  // namespace inferometer::mqtt
