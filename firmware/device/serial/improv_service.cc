#include "improv_service.h"

namespace cutpoint::device {
namespace {

Text number_text(int value, Span<char> to) {
  size_t at = to.size();
  uint32_t left = value < 0 ? 0u - static_cast<uint32_t>(value) : static_cast<uint32_t>(value);
  do {
    to[--at] = static_cast<char>('0' + left % 10);
    left /= 10;
  } while (left != 0);
  if (value < 0) {
    to[--at] = '-';
  }
  return to.from(at);
}

void wipe(Span<char> text) {
  fill_bytes(reinterpret_cast<uint8_t*>(text.data()), 0, text.size());
  __asm__ volatile("" : : "r"(text.data()) : "memory");
}

}  // namespace

void ImprovService::take(const ImprovPacket& packet, uint32_t now_ms) {
  if (packet.type != static_cast<uint8_t>(ImprovType::kCommand)) {
    return;  // a device is only sent commands; what else comes is an echo
  }
  ImprovRequest request;
  if (read_improv_request(packet.data, request) != Status::kOk) {
    return refused();
  }
  switch (request.command) {
    case static_cast<uint8_t>(ImprovCommand::kWifi):
      return begin_join(request, now_ms);
    case static_cast<uint8_t>(ImprovCommand::kState):
      return send_state();
    case static_cast<uint8_t>(ImprovCommand::kInfo):
      return send_info();
    case static_cast<uint8_t>(ImprovCommand::kNetworks):
      return send_networks();
    default:
      return send_error(ImprovError::kUnknownCommand);
  }
}

void ImprovService::refused() { send_error(ImprovError::kInvalid); }

void ImprovService::begin_join(const ImprovRequest& request, uint32_t now_ms) {
  if (!target_.has_wifi()) {
    return send_error(ImprovError::kUnableToConnect);
  }
  ssid_bytes_ = static_cast<uint8_t>(request.ssid.size());
  password_bytes_ = static_cast<uint8_t>(request.password.size());
  copy_bytes(reinterpret_cast<uint8_t*>(ssid_), reinterpret_cast<const uint8_t*>(request.ssid.data()), ssid_bytes_);
  copy_bytes(reinterpret_cast<uint8_t*>(password_), reinterpret_cast<const uint8_t*>(request.password.data()),
             password_bytes_);
  joining_ = true;
  left_ = !target_.online();
  began_ms_ = now_ms;
  send_error(ImprovError::kNone);
  send_state();
  if (!target_.join(Text(ssid_, ssid_bytes_), Text(password_, password_bytes_))) {
    end_join(false);
  }
}

void ImprovService::tick(uint32_t now_ms) {
  if (!joining_) {
    return;
  }
  const bool online = target_.online();
  left_ = left_ || !online;
  if (online && left_) {
    end_join(true);
  } else if (now_ms - began_ms_ >= kImprovJoinMs) {
    // Still on the network before: the driver found nothing to change.
    end_join(online);
  }
}

void ImprovService::end_join(bool joined) {
  joining_ = false;
  if (joined && !target_.keep(Text(ssid_, ssid_bytes_), Text(password_, password_bytes_))) {
    send_error(ImprovError::kUnknown);  // it works until the next restart
  } else if (!joined) {
    target_.go_back();
    send_error(ImprovError::kUnableToConnect);
  }
  wipe(Span<char>(password_));
  send_state();
  if (joined) {
    send_result(ImprovResult(ImprovCommand::kWifi));  // no address to open: the board has no page
  }
}

void ImprovService::send_state() {
  const bool online = target_.has_wifi() && target_.online();
  const ImprovState state = joining_ ? ImprovState::kProvisioning : online ? ImprovState::kProvisioned : ImprovState::kReady;
  const auto byte = static_cast<uint8_t>(state);
  send(ImprovType::kState, Bytes(&byte, 1));
}

void ImprovService::send_error(ImprovError error) {
  const auto byte = static_cast<uint8_t>(error);
  send(ImprovType::kError, Bytes(&byte, 1));
}

void ImprovService::send_result(const ImprovResult& result) { send(ImprovType::kResult, result.data()); }

void ImprovService::send_info() {
  ImprovResult result(ImprovCommand::kInfo);
  result.add(text_of(target_.firmware()));
  result.add(text_of(target_.version()));
  result.add(text_of(target_.chip()));
  result.add(text_of(target_.device()));
  send_result(result);
}

void ImprovService::send_networks() {
  const int count = target_.has_wifi() ? target_.scan() : -1;
  if (count < 0) {
    return send_error(ImprovError::kUnknown);
  }
  for (int i = 0; i < count; ++i) {
    HeardNetwork network = {};
    char digits[12];
    if (!target_.heard(i, network)) {
      continue;
    }
    ImprovResult result(ImprovCommand::kNetworks);
    result.add(network.ssid);
    result.add(number_text(network.rssi, Span<char>(digits)));
    result.add(text_of(network.locked ? "YES" : "NO"));
    send_result(result);
  }
  send_result(ImprovResult(ImprovCommand::kNetworks));  // an empty one ends the list
}

void ImprovService::send(ImprovType type, Bytes data) {
  uint8_t packet[kMaxImprovBytes];
  size_t size = 0;
  if (write_improv(static_cast<uint8_t>(type), data, MutableBytes(packet), size) == Status::kOk) {
    out_.packet(Bytes(packet, size));
  }
}

}  // namespace cutpoint::device
