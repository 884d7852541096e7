// Energy since the last telemetry: integrated from a sensor (measured), or from datasheet currents (modelled).
#ifndef CUTPOINT_DEVICE_MEASURE_ENERGY_H_
#define CUTPOINT_DEVICE_MEASURE_ENERGY_H_

#include <stdint.h>

#include "../sentence.h"

namespace cutpoint::device {

// A gap this long between two samples is not bridged: the energy of the interval is unknown then.
constexpr uint32_t kLongestGapUs = 500'000;

// Trapezoids between samples of power. One owner.
class MeasuredEnergy {
 public:
  void sample(uint32_t power_uw, uint64_t now_us);
  // The sensor did not answer.
  void missed() { broken_ = true; }
  // Microjoules since the last take; what is less than one is carried over. False when nothing was sampled or there was
  // a gap.
  bool take(uint32_t& uj);

 private:
  bool has_last_ = false;
  bool broken_ = false;
  bool any_ = false;
  uint32_t last_uw_ = 0;
  uint64_t last_us_ = 0;
  uint64_t picojoules_ = 0;
};

// Supply currents of a chip, mA, and its supply, V.
struct Currents {
  double cpu_ma;  // computing, radio off
  double rx_ma;   // radio on, listening
  double tx_ma;   // sending
  double volts;
};

// By the name in `about`: "esp32", "esp32-s3", "esp32-c3". False for a chip without figures: nothing is modelled then.
// The figures and their sources are host_tools/device/profiles/*.toml; a test holds the two equal.
bool chip_currents(Text chip, Currents& currents);

// U x (I_cpu t_compute + I_tx t_transmit + I_rx t_wait), uJ; waiting is what of total_us is neither computing nor
// sending. Sleep, sensors and regulators are not in it.
double energy_uj(const Currents& currents, double compute_us, double transmit_us, double total_us);

// Sums inferences up.
class ModelledEnergy {
 public:
  // False: this chip has no figures.
  bool begin(Text chip) { return known_ = chip_currents(chip, currents_); }
  bool known() const { return known_; }
  // One inference: operators that ran here, handing over to the network, and picture to answer.
  void add(uint32_t compute_us, uint32_t transmit_us, uint32_t total_us);
  // Microjoules since the last take. False without figures.
  bool take(uint32_t& uj);

 private:
  bool known_ = false;
  Currents currents_ = {};
  double sum_uj_ = 0;
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_MEASURE_ENERGY_H_
