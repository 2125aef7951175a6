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
   * Calls the {@link imports} one after the other, as {@link nativeModule} says. `got` holds where the address of each is. Offsets are
   * relative to the beginning of the code.
   */
  code(buffer: number, length: number, got: readonly [number, number, number]): Uint8Array
}

/** Functions of the interpreter, in the order of their calls. */
const imports = ['JS_GetRuntime', 'JS_SetGCThreshold', 'JS_ReadObject'] as const

/**
 * Bytes at which QuickJS first looks for garbage that refers to itself; it starts with 256 KiB. Building the schemas takes more than that,
 * and none of it is garbage: a fifth of the time of a start went into looking.
 */
const gcThresholdBytes = 8 * 2 ** 20

const targets: Readonly<Record<NativeArch, Target>> = {
  amd64: {
    machine: 62,
    relocation: 6,
    size: 51,
    code(buffer, length, [getRuntime, setThreshold, readObject]) {
      const bytes = new Uint8Array(51)
      const view = new DataView(bytes.buffer)
      let at = 0
      const put = (opcode: readonly number[], operand?: number) => {
        bytes.set(opcode, at)
        at += opcode.length
        if (operand === undefined) return
        view.setInt32(at, operand, true)
        at += 4
      }
      // Offsets count from the next instruction.
      const putOffset = (opcode: readonly number[], target: number) => put(opcode, target - (at + opcode.length + 4))
      // push %rbx; mov %rdi, %rbx: also aligns the stack.
      put([0x53, 0x48, 0x89, 0xfb])
      // call *getRuntime(%rip); mov %rax, %rdi; mov $threshold, %esi; call *setThreshold(%rip)
      putOffset([0xff, 0x15], getRuntime)
      put([0x48, 0x89, 0xc7])
      put([0xbe], gcThresholdBytes)
      putOffset([0xff, 0x15], setThreshold)
      // mov %rbx, %rdi; pop %rbx
      put([0x48, 0x89, 0xdf, 0x5b])
      // lea buffer(%rip), %rsi; mov $length, %edx; mov $1, %ecx; jmp *readObject(%rip)
      putOffset([0x48, 0x8d, 0x35], buffer)
      put([0xba], length)
      put([0xb9], 1)
      putOffset([0xff, 0x25], readObject)
      return bytes
    },
  },
  arm64: {
    machine: 183,
    relocation: 1025,
    size: 80,
    code(buffer, length, [getRuntime, setThreshold, readObject]) {
      const bytes = new Uint8Array(80)
      const view = new DataView(bytes.buffer)
      let at = 0
      const put = (...instructions: readonly number[]) => {
        for (const instruction of instructions) {
          view.setUint32(at, instruction >>> 0, true)
          at += 4
        }
      }
      // adr x17, got; ldr x16, [x17]
      const load = (got: number) => put(adr(17, got - at), 0xf9400230)
      const [branch, branchAndLink] = [0xd61f0200, 0xd63f0200]
      // stp x29, x30, [sp, #-32]!; str x19, [sp, #16]; mov x19, x0
      put(0xa9be7bfd, 0xf9000bf3, 0xaa0003f3)
      load(getRuntime)
      // blr x16; movz x1, #(threshold >> 16), lsl #16
      put(branchAndLink, 0xd2a00001 | ((gcThresholdBytes >>> 16) << 5))
      load(setThreshold)
      // blr x16; mov x0, x19; ldr x19, [sp, #16]; ldp x29, x30, [sp], #32
      put(branchAndLink, 0xaa1303e0, 0xf9400bf3, 0xa8c27bfd)
      // adr x1, buffer; ldr w2, length, which follows the code; mov w3, #1
      put(adr(1, buffer - at))
      put(0x18000002 | (((76 - at) >> 2) << 5), 0x52800023)
      load(readObject)
      put(branch, length)
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
 * QuickJS 2025-04-26 loads bytecode in no other way (`js_module_loader_so` in quickjs-libc.c): it calls `js_init_module(context, name)` of the
 * object, which must return a module, as `JS_ReadObject(context, buffer, length, JS_READ_OBJ_BYTECODE)` does for that of a module.
 * Before that, it calls `JS_SetGCThreshold(JS_GetRuntime(context), bytes)`.
 */
export function nativeModule(arch: NativeArch, bytecode: Uint8Array): Uint8Array {
  const target = targets[arch]
  const strings = `\0${imports.join('\0')}\0js_init_module\0`
  const symbolCount = imports.length + 2
  const hash = headerBytes + 4 * programHeaderBytes
  const symbols = hash + aligned(4 * (3 + symbolCount), 8)
  const relocations = symbols + symbolCount * symbolBytes
  const text = relocations + imports.length * relocationBytes
  const code = aligned(text + strings.length, 16)
  const buffer = aligned(code + target.size, 16)
  const dynamic = aligned(buffer + bytecode.length, 16)
  const got = dynamic + 9 * dynamicEntryBytes
  const end = got + imports.length * 8
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

  // One bucket, which leads to the symbol that is defined here; the others are the interpreter's. Every chain ends with the first link.
  halves(hash, 1, symbolCount, symbolCount - 1)
  const symbol = (index: number, name: string, section: number, value: number) => {
    const at = symbols + index * symbolBytes
    halves(at, strings.indexOf(`\0${name}\0`) + 1)
    bytes[at + 4] = globalFunction
    view.setUint16(at + 6, section, true)
    words(at + 8, value, section === 0 ? 0 : target.size)
  }
  for (const [index, name] of imports.entries()) {
    symbol(index + 1, name, 0, 0)
    const at = relocations + index * relocationBytes
    words(at, address(got) + index * 8)
    halves(at + 8, target.relocation, index + 1)
  }
  // Any section but the undefined one.
  symbol(imports.length + 1, 'js_init_module', 1, code)
  bytes.set(Buffer.from(strings, 'latin1'), text)
  const slot = (index: number) => address(got) + index * 8 - code
  bytes.set(target.code(buffer - code, bytecode.length, [slot(0), slot(1), slot(2)]), code)
  bytes.set(bytecode, buffer)
  words(
    dynamic,
    ...[DT.hash, hash, DT.strtab, text, DT.symtab, symbols, DT.strSize, strings.length, DT.symEntry, symbolBytes],
    ...[DT.rela, relocations, DT.relaSize, imports.length * relocationBytes, DT.relaEntry, relocationBytes],
    ...[0, 0],
  )
  return bytes
}

const aligned = (offset: number, bytes: number): number => Math.ceil(offset / bytes) * bytes
