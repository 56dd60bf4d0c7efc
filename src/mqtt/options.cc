#include "mqtt/options.h"

#include <fmt/format.h>
#include <mosquitto.h>

#include <fstream>
#include <initializer_list>

namespace inferometer::mqtt {
namespace {

Status Wrong(std::string sentence) { return {Code::kInvalidArgument, std::move(sentence)}; }

Status CheckReadable(const std::string& path, std::string_view what) {
  if (path.empty() || std::ifstream(path).is_open()) return Ok();
  return {Code::kNotFound, fmt::format("cannot read the {} {}", what, path)};
}

Status CheckTls(const Tls& tls) {
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    return Wrong("a client certificate needs its key file, and a key file its certificate: give both");
  }
  if (!tls.cert_file.empty() && tls.ca_file.empty()) return Wrong("a client certificate needs a CA file, too");
  RETURN_IF_ERROR(CheckReadable(tls.ca_file, "CA file"));
  RETURN_IF_ERROR(CheckReadable(tls.cert_file, "certificate file"));
  return CheckReadable(tls.key_file, "key file");
}

Status CheckText(std::string_view text, std::string_view what) {
  const bool valid = text.size() <= 65535 && text.find('\0') == std::string_view::npos &&
                     mosquitto_validate_utf8(text.data(), static_cast<int>(text.size())) == MOSQ_ERR_SUCCESS;
  return text.empty() || valid ? Ok() : Wrong(fmt::format("the {} is not valid text of at most 65535 bytes", what));
}

Status CheckTopics(const Options& options) {
  for (const std::string& filter : options.subscriptions) {
    if (filter.empty() || mosquitto_sub_topic_check2(filter.data(), filter.size()) != MOSQ_ERR_SUCCESS) {
      return Wrong(fmt::format("\"{}\" is not a topic that can be subscribed to", filter));
    }
    RETURN_IF_ERROR(CheckText(filter, "topic"));
  }
  return options.last_will ? CheckMessage(*options.last_will) : Ok();
}

}  // namespace

Status CheckMessage(const Message& message) {
  const std::string& topic = message.topic;
  if (topic.empty() || mosquitto_pub_topic_check2(topic.data(), topic.size()) != MOSQ_ERR_SUCCESS) {
    return Wrong(fmt::format("\"{}\" is not a topic that can be published to", topic));
  }
  return CheckText(topic, "topic");
}

Status CheckOptions(const Options& options) {
  if (options.host.empty()) return Wrong("the broker's host is missing");
  if (options.port < 1 || options.port > 65535) {
    return Wrong(fmt::format("the broker's port is {}; it must be 1 to 65535", options.port));
  }
  if (options.client_id.empty()) return Wrong("the MQTT client id is missing");
  if (options.keepalive.count() < 5 || options.keepalive.count() > 65535) {
    return Wrong("the keepalive must be 5 to 65535 seconds");
  }
  if (options.most_incoming_bytes < 1024 || options.most_incoming_bytes > std::size_t{256} * 1024 * 1024) {
    return Wrong("the largest incoming message must be 1 KiB to 256 MiB");
  }
  if (options.backoff_first.count() < 1 || options.backoff_most < options.backoff_first) {
    return Wrong("the first back-off must be at least 1 ms and the longest not below it");
  }
  RETURN_IF_ERROR(CheckText(options.host, "host"));
  RETURN_IF_ERROR(CheckText(options.client_id, "client id"));
  RETURN_IF_ERROR(CheckText(options.username, "user name"));
  RETURN_IF_ERROR(CheckText(options.password, "password"));
  RETURN_IF_ERROR(CheckTopics(options));
  return options.tls ? CheckTls(*options.tls) : Ok();
}

}  // namespace inferometer::mqtt
