import type {Arch} from '#dsl'

/** Architectures that native modules can be made for. */
export type NativeArch = Exclude<Arch, 'arm'>

/** Alignment of segments: the largest page of the kernels for an architecture. */
const pageBytes = 0x10000

const headerBytes = 64
const programHeaderBytes = 56
const symbolBytes = 24
const relocationBytes = 24
const dynamicEntryBytes = 16

/** Segment types and flags, dynamic tags, symbol types (elf(5)). */
const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_GNU_STACK = 0x6474e551
const [executable, writable, readable] = [1, 2, 4]
const DT = {hash: 4, strtab: 5, symtab: 6, rela: 7, relaSize: 8, relaEntry: 9, strSize: 10, symEntry: 11}
const globalFunction = 0x12

/** What differs by architecture: the numbers of ELF, and the code. */
interface Target {
  readonly machine: number
  /** Relocation by which the dynamic linker writes the address of a symbol (`R_X86_64_GLOB_DAT` and its like). */
  readonly relocation: number
  /** Bytes of the code. */
  readonly size: number
  /**
   * Calls the function whose address is at `got` as `JS_ReadObject(context, buffer, length, JS_READ_OBJ_BYTECODE)`, and returns
   * what it returns. Offsets are relative to the beginning of the code.
   */
  code(buffer: number, length: number, got: number): Uint8Array
}

const targets: Readonly<Record<NativeArch, Target>> = {
  amd64: {
    machine: 62,
    relocation: 6,
    size: 24,
    code(buffer, length, got) {
      const bytes = new Uint8Array(24)
      const view = new DataView(bytes.buffer)
      // lea buffer(%rip), %rsi; mov $length, %edx; mov $1, %ecx; jmp *got(%rip). Offsets count from the next instruction.
      bytes.set([0x48, 0x8d, 0x35], 0)
      view.setInt32(3, buffer - 7, true)
      bytes[7] = 0xba
      view.setUint32(8, length, true)
      bytes.set([0xb9, 1, 0, 0, 0], 12)
      bytes.set([0xff, 0x25], 17)
      view.setInt32(19, got - 23, true)
      return bytes
    },
  },
  arm64: {
    machine: 183,
    relocation: 1025,
    size: 28,
    code(buffer, length, got) {
      const bytes = new Uint8Array(28)
      const view = new DataView(bytes.buffer)
      const instructions = [
        // adr x1, buffer
        adr(1, buffer),
        // ldr w2, length: the word after the code
        0x18000002 | (5 << 5),
        // mov w3, #1
        0x52800023,
        // adr x17, got; ldr x16, [x17]; br x16
        adr(17, got - 12),
        0xf9400230,
        0xd61f0200,
        length,
      ]
      for (const [index, instruction] of instructions.entries()) view.setUint32(index * 4, instruction >>> 0, true)
      return bytes
    },
  },
}

/** `adr`: the address of what is at a distance of less than 1 MiB. */
function adr(register: number, distance: number): number {
  if (Math.abs(distance) >= 2 ** 20) throw new RangeError('the bytecode is too large for the code that passes it on')
  return 0x10000000 | ((distance & 3) << 29) | (((distance >> 2) & 0x7ffff) << 5) | register
}

/**
 * A shared object that QuickJS imports as a module: its only code passes the bytecode of `qjsc` on to the interpreter.
 *
 * QuickJS 2025-04-26 loads bytecode in no other way (`js_module_loader_so` in quickjs-libc.c): it calls `js_init_module` of the
 * object, which must return a module, as `JS_ReadObject` does for that of a module. Both return it in the same register.
 */
export function nativeModule(arch: NativeArch, bytecode: Uint8Array): Uint8Array {
  const target = targets[arch]
  const strings = '\0JS_ReadObject\0js_init_module\0'
  const hash = headerBytes + 4 * programHeaderBytes
  const symbols = hash + 24
  const relocations = symbols + 3 * symbolBytes
  const text = relocations + relocationBytes
  const code = aligned(text + strings.length, 16)
  const buffer = aligned(code + target.size, 16)
  const dynamic = aligned(buffer + bytecode.length, 16)
  const got = dynamic + 9 * dynamicEntryBytes
  const end = got + 8
  const bytes = new Uint8Array(end)
  const view = new DataView(bytes.buffer)
  const words = (at: number, ...values: readonly number[]) => {
    for (const [index, value] of values.entries()) view.setBigUint64(at + index * 8, BigInt(value), true)
  }
  const halves = (at: number, ...values: readonly number[]) => {
    for (const [index, value] of values.entries()) view.setUint32(at + index * 4, value, true)
  }
  // The writable segment shares a page of the file with the other one, and is mapped apart.
  const address = (offset: number) => (offset < dynamic ? offset : offset + pageBytes)

  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(16, 3, true)
  view.setUint16(18, target.machine, true)
  halves(20, 1)
  words(32, headerBytes)
  view.setUint16(52, headerBytes, true)
  view.setUint16(54, programHeaderBytes, true)
  view.setUint16(56, 4, true)
  view.setUint16(58, 64, true)

  const segment = (index: number, type: number, flags: number, from: number, to: number, align: number) => {
    const at = headerBytes + index * programHeaderBytes
    halves(at, type, flags)
    words(at + 8, from, address(from), address(from), to - from, to - from, align)
  }
  segment(0, PT_LOAD, readable | executable, 0, dynamic, pageBytes)
  segment(1, PT_LOAD, readable | writable, dynamic, end, pageBytes)
  segment(2, PT_DYNAMIC, readable | writable, dynamic, got, 8)
  segment(3, PT_GNU_STACK, readable | writable, 0, 0, 16)

  // One bucket, which leads to the symbol that is defined here; the other one is the interpreter's.
  halves(hash, 1, 3, 2, 0, 0, 0)
  const symbol = (index: number, name: string, section: number, value: number) => {
    const at = symbols + index * symbolBytes
    halves(at, strings.indexOf(name))
    bytes[at + 4] = globalFunction
    view.setUint16(at + 6, section, true)
    words(at + 8, value, section === 0 ? 0 : target.size)
  }
  symbol(1, 'JS_ReadObject', 0, 0)
  // Any section but the undefined one.
  symbol(2, 'js_init_module', 1, code)
  words(relocations, address(got))
  halves(relocations + 8, target.relocation, 1)
  bytes.set(Buffer.from(strings, 'latin1'), text)
  bytes.set(target.code(buffer - code, bytecode.length, address(got) - code), code)
  bytes.set(bytecode, buffer)
  words(
    dynamic,
    ...[DT.hash, hash, DT.strtab, text, DT.symtab, symbols, DT.strSize, strings.length, DT.symEntry, symbolBytes],
    ...[DT.rela, relocations, DT.relaSize, relocationBytes, DT.relaEntry, relocationBytes],
    ...[0, 0],
  )
  return bytes
}

const aligned = (offset: number, bytes: number): number => Math.ceil(offset / bytes) * bytes
