// The device's end of Improv: answers commands, joins a network, says how it went.
#ifndef CUTPOINT_DEVICE_SERIAL_IMPROV_SERVICE_H_
#define CUTPOINT_DEVICE_SERIAL_IMPROV_SERVICE_H_

#include "improv.h"

namespace cutpoint::device {

// 25 s for an association with repeats, and DHCP: clients wait 30 s and more.
constexpr uint32_t kImprovJoinMs = 25000;

// What a network that was heard is like.
struct HeardNetwork {
  Text ssid;
  int rssi;  // dBm
  bool locked;
};

class ImprovOutput {
 public:
  // One packet, with its line end after it.
  virtual void packet(Bytes packet) = 0;

 protected:
  ~ImprovOutput() = default;
};

class ImprovTarget {
 public:
  virtual bool has_wifi() = 0;  // false: every command but information is refused
  virtual bool online() = 0;    // there is an address
  // Tries a network at once; false when it cannot even be tried. The texts may hold any bytes but zero.
  virtual bool join(Text ssid, Text password) = 0;
  // It did not let the board in: back to the network before, when there was one.
  virtual void go_back() = 0;
  // The network just joined is kept over restarts.
  virtual bool keep(Text ssid, Text password) = 0;
  virtual const char* firmware() = 0;
  virtual const char* version() = 0;
  virtual const char* chip() = 0;
  virtual const char* device() = 0;
  // How many networks were heard, -1 when it cannot scan now. May take some seconds.
  virtual int scan() = 0;
  virtual bool heard(int index, HeardNetwork& network) = 0;

 protected:
  ~ImprovTarget() = default;
};

// One owner, the console's task.
class ImprovService {
 public:
  ImprovService(ImprovTarget& target, ImprovOutput& out) : target_(target), out_(out) {}

  void take(const ImprovPacket& packet, uint32_t now_ms);
  // A packet that could not be read.
  void refused();
  // Every 100 ms or so: whether the network was joined.
  void tick(uint32_t now_ms);

 private:
  void begin_join(const ImprovRequest& request, uint32_t now_ms);
  void end_join(bool joined);
  void send_state();
  void send_error(ImprovError error);
  void send_result(const ImprovResult& result);
  void send_info();
  void send_networks();
  void send(ImprovType type, Bytes data);

  ImprovTarget& target_;
  ImprovOutput& out_;
  bool joining_ = false;
  bool left_ = false;  // the network before is gone: an address from now on is the new one's
  uint32_t began_ms_ = 0;
  uint8_t ssid_bytes_ = 0;
  uint8_t password_bytes_ = 0;
  char ssid_[kMaxSsidBytes];
  char password_[kMaxPasswordBytes];
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SERIAL_IMPROV_SERVICE_H_
