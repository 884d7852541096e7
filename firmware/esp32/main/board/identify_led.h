// The LED that shows which board of a hall is meant.
#ifndef CUTPOINT_ESP32_BOARD_IDENTIFY_LED_H_
#define CUTPOINT_ESP32_BOARD_IDENTIFY_LED_H_

namespace cutpoint::esp32 {

// Blinks for five seconds without keeping anybody waiting; the log says so too, for boards without an LED.
void blink_identify_led();

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_IDENTIFY_LED_H_
