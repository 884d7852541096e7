#include "salt.h"

#include "bootloader_random.h"
#include "esp_random.h"

namespace cutpoint::esp32 {

// Without a source of entropy the generator of a board that was switched on may begin alike each time, and where the boot
// number was lost too, a nonce would come twice under one key.
uint32_t draw_salt() {
  bootloader_random_enable();
  const uint32_t salt = esp_random();
  bootloader_random_disable();
  return salt;
}

}  // namespace cutpoint::esp32
