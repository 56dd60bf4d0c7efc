#include "device/inbox.h"

#include <gtest/gtest.h>

#include <thread>

namespace inferometer::device {
namespace {

telemetry::SensorMessage Message(double temp) {
  telemetry::SensorMessage message;
  message.device_id = "abc";
  message.temp = temp;
  return message;
}

TEST(Inbox, KeepsTheOrder) {
  Inbox inbox(10);
  inbox.Put(Message(1));
  inbox.Put(Message(2));
  const std::stop_source stop;
  EXPECT_EQ(inbox.Take(stop.get_token())->temp, 1);
  EXPECT_EQ(inbox.Take(stop.get_token())->temp, 2);
  EXPECT_EQ(inbox.dropped(), 0U);
}

TEST(Inbox, OldestGivesWayAndIsCounted) {
  Inbox inbox(2);
  for (const double temp : {1, 2, 3, 4}) inbox.Put(Message(temp));
  const std::stop_source stop;
  EXPECT_EQ(inbox.Take(stop.get_token())->temp, 3);
  EXPECT_EQ(inbox.dropped(), 2U);
}

TEST(Inbox, TakeWaitsForAMessageOfAnotherThread) {
  Inbox inbox(2);
  std::thread network([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    inbox.Put(Message(7));
  });
  const std::stop_source stop;
  EXPECT_EQ(inbox.Take(stop.get_token())->temp, 7);
  network.join();
}

TEST(Inbox, StopEndsTheWait) {
  Inbox inbox(2);
  std::stop_source stop;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stop.request_stop();
  });
  EXPECT_FALSE(inbox.Take(stop.get_token()).has_value());
  stopper.join();
}

}  // namespace
}  // namespace inferometer::device
