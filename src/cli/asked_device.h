#pragma once
// The one device that a command was asked for, if any, among those that records are of.

#include <map>
#include <string>
#include <utility>

namespace inferometer::cli {

class AskedDevice {
 public:
  // `asked`: a name or an id; empty: every device.
  explicit AskedDevice(std::string asked) : asked_(std::move(asked)) {}

  // Whether a record of this device is wanted; remembers the device.
  [[nodiscard]] bool Wants(const std::string& id, const std::string& name);
  // Whether what names its device by the id alone is wanted, as far as the devices met so far tell.
  [[nodiscard]] bool WantsId(const std::string& id) const;
  [[nodiscard]] bool met_any() const { return !devices_.empty(); }
  [[nodiscard]] bool met_asked() const { return met_asked_; }
  // That there is no such device, and which there are.
  [[nodiscard]] std::string NotThere() const;

 private:
  std::string asked_;
  std::map<std::pair<std::string, std::string>, bool> devices_;  // by id and name: asked for
  bool met_asked_ = false;
};

}  // namespace inferometer::cli
