/** Machines that need no description, in the language of descriptions. What each of them is modelled on stands above it. */
export const readyMade: Readonly<Record<string, string>> = {
  // QEMU's i440FX with SeaBIOS. Its MP pointer lies in the last KiB of base memory, so that the search for it is short.
  'small-pc': `
    ram 512M
    rom 0xc0000 0x9c00
    dmi 0xf5a20 0x178
    mp 0x9fc40 0x9fc60 0xd8
    acpi RSDP 0xf59d0 0x24
    acpi RSDT 0x1ffe1ad8 0x34
    acpi FACP 0x1ffe198c 0x74
    acpi DSDT 0x1ffe0040 0x194c
    acpi FACS 0x1ffe0000 0x40
    acpi APIC 0x1ffe1a00 0x78
    acpi HPET 0x1ffe1a78 0x38
    acpi WAET 0x1ffe1ab0 0x28
    ioapic 0xfec00000
    hpet 0xfed00000
    window io 0 0xcf8
    window io 0xd00 0xf300
    window mem 0xa0000 0x20000
    window mem 0x20000000 0xdec00000
    device PNP0103:00 mem 0xfed00000 0x400
    device 0000:00:02.0 mem 0xfd000000 0x1000000
    device 0000:00:02.0 mem 0xfebf0000 0x1000
    device 0000:00:03.0 mem 0xfebc0000 0x20000 e1000
    device 0000:00:03.0 io 0xc000 0x40
    claim serial io 0x3f8 8`,
  // QEMU's q35 with SeaBIOS, 512 MiB, as a captured boot shows it. The place of the MP pointer is made up.
  q35: `
    e820 0x0 0x9fc00 usable
    e820 0x9fc00 0x400 reserved
    e820 0xf0000 0x10000 reserved
    e820 0x100000 0x1fedf000 usable
    e820 0x1ffdf000 0x21000 reserved
    e820 0xb0000000 0x10000000 reserved
    e820 0xfed1c000 0x4000 reserved
    e820 0xfffc0000 0x40000 reserved
    e820 0xfd00000000 0x300000000 reserved
    rom 0xc0000 0x9c00
    rom 0xca000 0xe00
    rom 0xcb000 0x600
    dmi 0xf5a20 0x178
    mp 0x9fc40 0x9fc60 0xd8
    acpi RSDP 0xf59e0 0x24
    acpi RSDT 0x1ffe22e1 0x38
    acpi FACP 0x1ffe20d9 0xf4
    acpi DSDT 0x1ffe0040 0x2099
    acpi FACS 0x1ffe0000 0x40
    acpi APIC 0x1ffe21cd 0x78
    acpi HPET 0x1ffe2245 0x38
    acpi MCFG 0x1ffe227d 0x3c
    acpi WAET 0x1ffe22b9 0x28
    ioapic 0xfec00000
    hpet 0xfed00000
    mmconfig 0xb0000000 0x10000000
    window io 0 0xcf8
    window io 0xd00 0xf300
    window mem 0xa0000 0x20000
    window mem 0x20000000 0x90000000
    window mem 0xc0000000 0x3ec00000
    window mem 0x100000000 0x800000000
    device 0000:00:1f.0 io 0x600 0x80
    device QEMU0002:00 io 0x510 0xc
    device PNP0103:00 mem 0xfed00000 0x400
    device 0000:00:01.0 mem 0xfd000000 0x1000000
    device 0000:00:01.0 mem 0xfebd4000 0x1000
    device 0000:00:02.0 mem 0xfeb80000 0x20000
    device 0000:00:02.0 mem 0xfeba0000 0x20000
    device 0000:00:02.0 io 0xc040 0x20
    device 0000:00:02.0 mem 0xfebd0000 0x4000
    device 0000:00:1f.2 io 0xc060 0x20
    device 0000:00:1f.2 mem 0xfebd5000 0x1000
    device 0000:00:1f.3 io 0x700 0x40
    device 0000:00:02.0 mem 0xfeb40000 0x40000
    claim "pnp 00:05" mem 0xb0000000 0x10000000
    claim "ACPI PM1a_EVT_BLK" io 0x600 4
    claim "ACPI PM1a_CNT_BLK" io 0x604 2
    claim "ACPI PM_TMR" io 0x608 4
    claim "ACPI GPE0_BLK" io 0x620 0x10
    claim serial io 0x3f8 8`,
  // A q35 with UEFI firmware and 1 GiB; addresses are of the kind that OVMF uses.
  uefi: `
    firmware uefi
    e820 0x0 0xa0000 usable
    e820 0x100000 0x700000 usable
    e820 0x800000 0x8000 nvs
    e820 0x808000 0x3000 usable
    e820 0x80b000 0x1000 nvs
    e820 0x80c000 0x5000 usable
    e820 0x811000 0xef000 nvs
    e820 0x900000 0x3dc00000 usable
    e820 0x3e500000 0x200000 reserved
    e820 0x3e700000 0x10000 acpi
    e820 0x3e710000 0x70000 nvs
    e820 0x3e780000 0x1700000 usable
    e820 0x3fe80000 0x180000 reserved
    e820 0xb0000000 0x10000000 reserved
    e820 0xffc00000 0x400000 reserved
    efi memmap 0x3dd12018 0x1770
    efi setup-data 0x3dd4f018 0x3900
    efi setup-data 0x3dd11018 0x910
    efi systab 0x3e6ec018 0x78
    efi vendor 0x3e6ed000 0xc8
    efi config 0x3e6ebc18 0xf0
    efi memattr 0x3dd0f018 0x10
    efi smbios 0x3e54c000 0x20
    dmi 0x3e54a000 0x1a3
    mp none
    acpi RSDP 0x3e70f014 0x24
    acpi XSDT 0x3e70e0e8 0x5c
    acpi FACP 0x3e70a000 0xf4
    acpi DSDT 0x3e70b000 0x233f
    acpi FACS 0x3e77d000 0x40
    acpi APIC 0x3e709000 0x78
    acpi HPET 0x3e708000 0x38
    acpi MCFG 0x3e707000 0x3c
    acpi WAET 0x3e706000 0x28
    acpi BGRT 0x3e705000 0x38
    ioapic 0xfec00000
    hpet 0xfed00000
    mmconfig 0xb0000000 0x10000000
    window io 0 0xcf8
    window io 0xd00 0xf300
    window mem 0xa0000 0x20000
    window mem 0x40000000 0x70000000
    window mem 0xc0000000 0x3ec00000
    window mem 0x800000000 0x800000000
    device PNP0103:00 mem 0xfed00000 0x400
    device 0000:00:01.0 mem 0xc0000000 0x1000000
    device 0000:00:02.0 mem 0xc1080000 0x20000 e1000e
    device 0000:00:1f.2 mem 0xc10a0000 0x1000 ahci
    claim "pnp 00:04" mem 0xb0000000 0x10000000
    claim serial io 0x3f8 8`,
};
