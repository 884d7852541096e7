// Network over Ethernet: the emulator's OpenCores MAC, or the EMAC that the plain ESP32 has.
#include "../idf_compat.h"
#include "esp_eth.h"
#include "esp_event.h"
#include "esp_netif.h"
#include "link.h"
#include "network.h"
#include "sdkconfig.h"

#if CUTPOINT_NET_OPENETH && CUTPOINT_IDF_AT_LEAST(5, 3)
#include "esp_eth_mac_openeth.h"
#endif

namespace cutpoint::esp32 {
namespace {

void on_event(void*, esp_event_base_t base, int32_t id, void* data) {
  if (base == IP_EVENT) {
    if (id == IP_EVENT_ETH_GOT_IP) {
      link().got_address(static_cast<ip_event_got_ip_t*>(data)->ip_info);
    } else if (id == IP_EVENT_ETH_LOST_IP) {
      link().lost();
    }
  } else if (id == ETHERNET_EVENT_DISCONNECTED) {
    link().lost();
    link().trouble(device::Sentence("Ethernet: no link. Check the cable."));
  }
}

#if CUTPOINT_NET_OPENETH
esp_eth_mac_t* make_mac() {
  const eth_mac_config_t config = ETH_MAC_DEFAULT_CONFIG();
  return esp_eth_mac_new_openeth(&config);
}

esp_eth_phy_t* make_phy() {
  eth_phy_config_t config = ETH_PHY_DEFAULT_CONFIG();
  config.phy_addr = 1;
  config.reset_gpio_num = -1;
  config.autonego_timeout_ms = 100;  // the emulated link is up at once, and its PHY never reports the end
#if CUTPOINT_IDF_AT_LEAST(6, 0)
  return esp_eth_phy_new_generic(&config);
#else
  return esp_eth_phy_new_dp83848(&config);
#endif
}
#else
#if !CONFIG_ETH_USE_ESP32_EMAC
#error "CUTPOINT_NET=ethernet needs a chip with an EMAC (ESP32) and CONFIG_ETH_USE_ESP32_EMAC."
#endif

esp_eth_mac_t* make_mac() {
  const eth_mac_config_t config = ETH_MAC_DEFAULT_CONFIG();
  eth_esp32_emac_config_t emac = ETH_ESP32_EMAC_DEFAULT_CONFIG();
#if CUTPOINT_IDF_AT_LEAST(5, 3)
  emac.smi_gpio.mdc_num = CONFIG_CUTPOINT_ETH_MDC_GPIO;
  emac.smi_gpio.mdio_num = CONFIG_CUTPOINT_ETH_MDIO_GPIO;
#else
  emac.smi_mdc_gpio_num = CONFIG_CUTPOINT_ETH_MDC_GPIO;
  emac.smi_mdio_gpio_num = CONFIG_CUTPOINT_ETH_MDIO_GPIO;
#endif
  return esp_eth_mac_new_esp32(&emac, &config);
}

esp_eth_phy_t* make_phy() {
  eth_phy_config_t config = ETH_PHY_DEFAULT_CONFIG();
  config.phy_addr = CONFIG_CUTPOINT_ETH_PHY_ADDRESS;
  config.reset_gpio_num = CONFIG_CUTPOINT_ETH_PHY_RESET_GPIO;
#if CUTPOINT_IDF_AT_LEAST(5, 4)
  return esp_eth_phy_new_generic(&config);
#else
  return esp_eth_phy_new_lan87xx(&config);  // what nearly every board with the EMAC carries
#endif
}
#endif

bool start(NetworkListener& listener) {
  // Ethernet has no attempts to repeat: the driver watches the link, and DHCP goes on by itself.
  if (!link().begin(listener, nullptr) || esp_netif_init() != ESP_OK) {
    return false;
  }
  const esp_netif_config_t netif_config = ESP_NETIF_DEFAULT_ETH();
  esp_netif_t* netif = esp_netif_new(&netif_config);
  esp_eth_mac_t* mac = make_mac();
  esp_eth_phy_t* phy = make_phy();
  if (netif == nullptr || mac == nullptr || phy == nullptr) {
    return false;
  }
  const esp_eth_config_t config = ETH_DEFAULT_CONFIG(mac, phy);
  esp_eth_handle_t driver = nullptr;
  return esp_eth_driver_install(&config, &driver) == ESP_OK &&
         esp_netif_attach(netif, esp_eth_new_netif_glue(driver)) == ESP_OK &&
         esp_event_handler_instance_register(ETH_EVENT, ESP_EVENT_ANY_ID, on_event, nullptr, nullptr) == ESP_OK &&
         esp_event_handler_instance_register(IP_EVENT, ESP_EVENT_ANY_ID, on_event, nullptr, nullptr) == ESP_OK &&
         esp_eth_start(driver) == ESP_OK;
}

}  // namespace

#if CUTPOINT_NET_OPENETH
const char* Network::kind() { return "openeth"; }
#else
const char* Network::kind() { return "ethernet"; }
#endif

bool Network::begin(const device::Settings&, NetworkListener& listener, device::Sentence& why) {
  if (start(listener)) {
    return true;
  }
  why.clear();
  why.add("Ethernet could not be started: no PHY answers. Check the pins in menuconfig, Cutpoint.");
  return false;
}

bool Network::join(const char*, const char*) { return false; }

bool Network::rssi(int&) const { return false; }

}  // namespace cutpoint::esp32
