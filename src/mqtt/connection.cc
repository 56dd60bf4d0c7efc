#include "mqtt/connection.h"

#include <utility>

#include "mqtt/network.h"

namespace inferometer::mqtt {

using std::chrono::milliseconds;

Result<std::unique_ptr<Connection>> Connection::Start(Options options, Handlers handlers) {
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(auto bell, os::Doorbell::Make());
  auto network = std::make_shared<Network>(std::move(options), std::move(handlers), std::move(bell));
  return std::unique_ptr<Connection>(new Connection(std::move(network)));
}

Connection::Connection(std::shared_ptr<Network> network)
    : network_(std::move(network)), thread_([shared = network_] { shared->Run(); }) {}

Connection::~Connection() { End({}, milliseconds(0), /*with_last_will=*/true); }

bool Connection::Publish(Message message) { return network_->Publish(std::move(message)); }

bool Connection::WaitUntilAcknowledged(milliseconds at_most) { return network_->WaitUntilAcknowledged(at_most); }

bool Connection::Unsubscribe(milliseconds at_most) { return network_->Unsubscribe(at_most); }

bool Connection::Stop(std::vector<Message> last_messages, milliseconds at_most) {
  return End(std::move(last_messages), at_most, /*with_last_will=*/false);
}

bool Connection::End(std::vector<Message> last_messages, milliseconds at_most, bool with_last_will) {
  if (thread_.joinable()) {
    network_->RequestStop(std::move(last_messages), std::chrono::steady_clock::now() + at_most, with_last_will);
    if (network_->AwaitEnd() == Network::End::kFinished) {
      thread_.join();
    } else {
      thread_.detach();  // it hangs in the resolver or in connect(2), and ends by itself
    }
  }
  return network_->stats().pending == 0;
}

Stats Connection::stats() const { return network_->stats(); }

}  // namespace inferometer::mqtt
