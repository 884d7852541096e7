// Current sensors by the examples of their datasheets, and energy from samples and from currents.
#include "measure/current_sensor.h"

#include <cmath>
#include <random>

#include "check.h"
#include "measure/energy.h"
#include "picture/netpbm.h"

using namespace cutpoint;
using namespace cutpoint::device;

// INA226, SBOS547A, section 8.2.2.1: 2 milliohm, Current_LSB 1 mA; 10 A at 12 V on the shunt.
TEST(the_worked_example_of_the_ina226s_datasheet) {
  CHECK_EQ(ina_calibration(CurrentSensor::kIna226, 1'000'000, 2), 0x0A00);
  const int32_t current = ina_current_register(CurrentSensor::kIna226, 0x1F40, 0x0A00);  // 20 mV
  CHECK_EQ(current, 0x2710);
  CHECK_EQ(ina_power_register(CurrentSensor::kIna226, current, 0x2570), 0x12B8);  // 11.98 V
  uint32_t mv = 0;
  CHECK(ina_bus_mv(CurrentSensor::kIna226, 0x2570, mv));
  CHECK_EQ(mv, 11980u);
  const InaScale scale = {0, 0x0A00, 1'000'000, 25'000'000};
  CHECK_EQ(ina_current_ua(scale, 0x2710), 10'000'000);
  CHECK_EQ(ina_power_uw(scale, 0x12B8), 119'800'000u);
}

// INA219, SBOS448G, section 8.5.1: 2 milliohm, Current_LSB 1 mA, CAL 5000h; 20 mV and 11.98 V.
TEST(the_worked_example_of_the_ina219s_datasheet) {
  CHECK_EQ(ina_calibration(CurrentSensor::kIna219, 1'000'000, 2), 0x5000);
  const int32_t current = ina_current_register(CurrentSensor::kIna219, 0x07D0, 0x5000);
  CHECK_EQ(current, 0x2710);
  CHECK_EQ(ina_power_register(CurrentSensor::kIna219, current, 0x5D98), 0x1766);
  uint32_t mv = 0;
  CHECK(ina_bus_mv(CurrentSensor::kIna219, 0x5D98, mv));
  CHECK_EQ(mv, 11980u);
  CHECK(!ina_bus_mv(CurrentSensor::kIna219, 0x5D99, mv));  // bit 0: it overflowed
  const InaScale scale = {0, 0x5000, 1'000'000, 20'000'000};
  CHECK_EQ(ina_power_uw(scale, 0x1766), 119'800'000u);
}

TEST(every_shunt_uses_the_sensors_whole_range_and_comes_out_in_true_units) {
  for (CurrentSensor sensor : {CurrentSensor::kIna219, CurrentSensor::kIna226}) {
    for (uint32_t shunt = 1; shunt <= 10000; shunt = shunt * 3 / 2 + 1) {
      InaScale scale;
      REQUIRE(ina_scale(sensor, static_cast<uint16_t>(shunt), scale));
      const double shunt_v = 0.0123;  // across the shunt
      const double bus_v = 3.3;
      const bool is_219 = sensor == CurrentSensor::kIna219;
      const auto shunt_register = static_cast<int16_t>(std::lround(shunt_v / (is_219 ? 10e-6 : 2.5e-6)));
      const auto bus_register = static_cast<uint16_t>(is_219 ? std::lround(bus_v / 4e-3) << 3 : std::lround(bus_v / 1.25e-3));
      const int32_t current = ina_current_register(sensor, shunt_register, scale.calibration);
      const int32_t power = ina_power_register(sensor, current, bus_register);
      const double amperes = shunt_v / (shunt * 1e-3);
      CHECK(std::fabs(ina_current_ua(scale, static_cast<int16_t>(current)) * 1e-6 - amperes) < amperes * 0.003 + 2e-6);
      CHECK(std::fabs(ina_power_uw(scale, static_cast<uint16_t>(power)) * 1e-6 - amperes * bus_v) <
            amperes * bus_v * 0.006 + scale.power_lsb_nw * 1e-9);
      // Full scale of the shunt input does not overflow the register.
      CHECK(ina_current_register(sensor, is_219 ? 32000 : 32767, scale.calibration) <= 32767);
    }
  }
  InaScale scale;
  CHECK(!ina_scale(CurrentSensor::kIna219, 0, scale));
  CHECK(!ina_scale(CurrentSensor::kNone, 100, scale));
}

TEST(configurations_are_continuous_and_of_the_widest_range) {
  InaScale scale;
  REQUIRE(ina_scale(CurrentSensor::kIna219, 100, scale));
  CHECK_EQ(scale.configuration & 0x7, 0x7);
  CHECK_EQ(scale.configuration & 0x1800, 0x1800);
  CHECK_EQ(scale.calibration, 4096);
  REQUIRE(ina_scale(CurrentSensor::kIna226, 100, scale));
  CHECK_EQ(scale.configuration & 0x7, 0x7);
  CHECK_EQ(scale.configuration & 0x7000, 0x4000);
  CHECK_EQ(scale.calibration, 2048);
}

TEST(a_constant_power_is_its_energy_and_nothing_is_lost_between_takes) {
  MeasuredEnergy energy;
  uint32_t uj = 0;
  CHECK(!energy.take(uj));
  uint64_t sum = 0;
  for (uint64_t now = 0; now <= 10'000'000; now += 10'000) {
    energy.sample(123'457, now);
    if (now % 70'000 == 0 && energy.take(uj)) {
      sum += uj;
    }
  }
  energy.take(uj);
  CHECK_EQ(sum + uj, uint64_t{1'234'570});
}

TEST(a_gap_or_a_missed_sample_makes_the_interval_unknown_and_the_next_one_known) {
  MeasuredEnergy energy;
  uint32_t uj = 0;
  energy.sample(1000, 0);
  energy.sample(1000, kLongestGapUs + 1);
  energy.sample(1000, kLongestGapUs + 10'001);
  CHECK(!energy.take(uj));
  energy.sample(1'000'000, kLongestGapUs + 20'001);
  CHECK(energy.take(uj));
  energy.missed();
  energy.sample(1000, kLongestGapUs + 30'001);
  CHECK(!energy.take(uj));
}

TEST(a_ramp_is_integrated_by_trapezoids) {
  MeasuredEnergy energy;
  for (uint32_t i = 0; i <= 100; ++i) {
    energy.sample(i * 10'000, i * 10'000u);
  }
  uint32_t uj = 0;
  REQUIRE(energy.take(uj));
  CHECK_EQ(uj, 500'000u);  // 1 W at the end, 1 s, half of it
}

TEST(modelled_energy_is_of_the_chip_and_absent_without_figures) {
  ModelledEnergy energy;
  uint32_t uj = 0;
  CHECK(!energy.begin(text_of("esp8266")));
  energy.add(1000, 1000, 5000);
  CHECK(!energy.take(uj));
  REQUIRE(energy.begin(text_of("esp32")));
  energy.add(100'000, 10'000, 150'000);
  REQUIRE(energy.take(uj));
  // 3.3 V x (49 mA x 100 ms + 180 mA x 10 ms + 97.5 mA x 40 ms)
  CHECK_EQ(uj, 34'980u);
  energy.add(1, 0, 1);  // 0.16 uJ are kept for the next take
  REQUIRE(energy.take(uj));
  CHECK_EQ(uj, 0u);
  for (int i = 0; i < 9; ++i) {
    energy.add(1, 0, 1);
  }
  REQUIRE(energy.take(uj));
  CHECK_EQ(uj, 1u);
}

TEST(a_netpbm_picture_is_read_and_anything_else_refused) {
  const char file[] = "P6\n# a comment\n2 1\n255\nabcdef";
  const Bytes bytes(reinterpret_cast<const uint8_t*>(file), sizeof file - 1);
  PictureView picture;
  REQUIRE(read_netpbm(bytes, picture));
  CHECK_EQ(picture.width, 2);
  CHECK_EQ(picture.height, 1);
  CHECK(picture.format == PixelFormat::kRgb888);
  CHECK_EQ(picture.data[5], 'f');
  for (size_t i = 0; i < bytes.size(); ++i) {
    CHECK(!read_netpbm(bytes.first(i), picture));
  }
  const char* wrong[] = {"P4\n1 1\n255\na", "P5\n0 1\n255\na", "P5\n1 1\n65535\nab", "P5\n5000 1\n255\n", "P5\n1 1 255", "P5 -1 1 255 a"};
  for (const char* text : wrong) {
    CHECK(!read_netpbm(Bytes(reinterpret_cast<const uint8_t*>(text), __builtin_strlen(text)), picture));
  }
}
