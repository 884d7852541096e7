#include "energy.h"

namespace cutpoint::device {
namespace {

constexpr uint64_t kPicojoulesPerMicrojoule = 1'000'000;

struct Chip {
  const char* name;
  Currents currents;
};

// host_tools/device/profiles/*.toml, [current], with sources.
constexpr Chip kChips[] = {
    {"esp32", {49.0, 97.5, 180.0, 3.3}},
    {"esp32-s3", {66.0, 90.0, 285.0, 3.3}},
    {"esp32-c3", {26.8, 84.0, 276.0, 3.3}},
};

}  // namespace

void MeasuredEnergy::sample(uint32_t power_uw, uint64_t now_us) {
  if (has_last_) {
    const uint64_t gap_us = now_us > last_us_ ? now_us - last_us_ : 0;
    if (gap_us > kLongestGapUs) {
      broken_ = true;
    } else {
      // 1 uW for 1 us is 1 pJ.
      picojoules_ += (static_cast<uint64_t>(power_uw) + last_uw_) * gap_us / 2;
      any_ = true;
    }
  }
  has_last_ = true;
  last_uw_ = power_uw;
  last_us_ = now_us;
}

bool MeasuredEnergy::take(uint32_t& uj) {
  const uint64_t whole = picojoules_ / kPicojoulesPerMicrojoule;
  const bool good = any_ && !broken_ && whole <= UINT32_MAX;
  uj = good ? static_cast<uint32_t>(whole) : 0;
  picojoules_ -= whole * kPicojoulesPerMicrojoule;
  any_ = false;
  broken_ = false;
  return good;
}

bool chip_currents(Text chip, Currents& currents) {
  for (const Chip& known : kChips) {
    if (same_text(chip, text_of(known.name))) {
      currents = known.currents;
      return true;
    }
  }
  return false;
}

double energy_uj(const Currents& currents, double compute_us, double transmit_us, double total_us) {
  const double rest_us = total_us - compute_us - transmit_us;
  const double wait_us = rest_us > 0 ? rest_us : 0;
  // mA x us = nC
  const double charge = currents.cpu_ma * compute_us + currents.tx_ma * transmit_us + currents.rx_ma * wait_us;
  return currents.volts * charge / 1000;
}

void ModelledEnergy::add(uint32_t compute_us, uint32_t transmit_us, uint32_t total_us) {
  if (known_) {
    sum_uj_ += energy_uj(currents_, compute_us, transmit_us, total_us);
  }
}

bool ModelledEnergy::take(uint32_t& uj) {
  const double whole = sum_uj_ < static_cast<double>(UINT32_MAX) ? sum_uj_ : static_cast<double>(UINT32_MAX);
  uj = static_cast<uint32_t>(whole);
  sum_uj_ -= static_cast<double>(uj);
  return known_;
}

}  // namespace cutpoint::device
