#pragma once
// For tests: a real broker with the shipped configuration and access list, an authority of its own, and clients that
// come with any certificate.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "mqtt/broker_for_tests.h"
#include "mqtt/connection.h"
#include "mqtt/keys/broker_files.h"
#include "mqtt/keys/certificate_authority.h"
#include "mqtt/keys/knock.h"
#include "mqtt/mailbox_for_tests.h"

namespace inferometer::mqtt::keys {

// A clock that is off by so much.
class ShiftedClock final : public base::Clock {
 public:
  [[nodiscard]] std::chrono::nanoseconds Steady() const override { return real_.Steady(); }
  [[nodiscard]] WallTime Wall() const override { return real_.Wall() + shift; }

  std::chrono::seconds shift{};

 private:
  base::SystemClock real_;
};

// One thread. The authority was made two years ago, the rest now, or when `clock().shift` says.
class KeyedBroker {
 public:
  KeyedBroker() : broker_(Config()) {
    clock_.shift = -Days(730);
    made_ = CertificateAuthority::Create(keys(), clock_, os::SystemFileCalls()).ok();
    clock_.shift = {};
    auto opened = CertificateAuthority::Open(keys(), clock_, os::SystemFileCalls());
    made_ = made_ && opened.ok();
    if (made_) authority_ = std::make_unique<CertificateAuthority>(std::move(*opened));
    made_ = made_ && authority_->Make({.subject = {"_broker", {"localhost"}}, .stem = "broker"}).ok();
    broker_.files().Put("acl", AccessList({}));
  }

  // False, with what is missing on standard error, when anything did not work.
  [[nodiscard]] bool Start() { return made_ && Install() && broker_.Start(); }
  // The newest list, to where the broker reads it, whole at any moment.
  [[nodiscard]] bool Install() const {
    for (const char* name : {"ca.pem", "crl.pem", "broker.pem", "broker.key"}) {
      const auto contents = os::ReadFile(keys() / name, std::size_t{1} << 20);
      const auto to = broker_.folder() / name;
      if (!contents.ok() || !os::WriteWholeFile(os::SystemFileCalls(), to, *contents).ok()) return false;
    }
    return true;
  }
  [[nodiscard]] bool InstallAndReload() const {
    const bool installed = Install();
    broker_.Reload();
    return installed;
  }

  [[nodiscard]] ShiftedClock& clock() { return clock_; }
  [[nodiscard]] CertificateAuthority& authority() { return *authority_; }
  [[nodiscard]] BrokerForTests& broker() { return broker_; }
  [[nodiscard]] std::filesystem::path keys() const { return broker_.folder() / "keys"; }
  [[nodiscard]] Door door() const { return {"localhost", broker_.port(), authority_->certificate_pem()}; }

  // A client with the certificate at `stem` in the authority's folder.
  [[nodiscard]] Options OptionsWith(const std::string& stem, std::vector<std::string> subscriptions = {}) const {
    Options options = QuickOptions(broker_.port(), "any", std::move(subscriptions));
    options.host = "localhost";
    options.tls =
        Tls{(keys() / "ca.pem").string(), (keys() / (stem + ".pem")).string(), (keys() / (stem + ".key")).string()};
    return options;
  }
  // A new client's certificate, at the stem that is its name.
  [[nodiscard]] bool Admit(const std::string& name, Days lifetime = Days(365)) {
    return made_ && authority_->Make({.subject = {name, {}}, .stem = name, .lifetime = lifetime}).ok();
  }
  [[nodiscard]] bool RevokeAllOf(const std::string& name) {
    std::vector<std::string> serials;
    const auto issued = authority_->Issued();
    if (!issued.ok()) return false;
    for (const IssuedCertificate& one : *issued) {
      if (one.certificate.common_name == name) serials.push_back(one.certificate.serial);
    }
    return !serials.empty() && authority_->Revoke(serials).ok();
  }

 private:
  // The shipped one without its listener, which BrokerForTests puts before it.
  static std::string Config() {
    std::string config = MosquittoConf({.folder = "FOLDER", .port = 8883});
    const std::string listener = "\nlistener 8883\n";
    return config.replace(config.find(listener), listener.size(), "\n");
  }

  BrokerForTests broker_;
  ShiftedClock clock_;
  std::unique_ptr<CertificateAuthority> authority_;
  bool made_ = false;
};

}  // namespace inferometer::mqtt::keys
